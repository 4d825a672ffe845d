"""From a file to settings, and each mistake at its place."""

import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from pipeline.config import AccessToken, ClientCredentials, Misconfigured, Settings, load
from pipeline.formats.rules import ReadRules
from pipeline.mapping.rules import Constant, MappingRules
from pipeline.policy.rules import SendRules

Load = Callable[..., Settings]
Findings = Callable[..., list[str]]

MINIMAL = '[job]\nobject = "Contact"\n[org]\nurl = "embedded"\n'
REAL = '[job]\nobject = "Contact"\n[org]\nurl = "https://x.my.salesforce.com"\n'


def test_two_lines_are_enough_and_the_rest_has_defaults(loaded: Load, tmp_path: Path):
    settings = loaded(MINIMAL)
    assert (settings.job.name, settings.job.object, settings.job.input) == ("job", "Contact", ())
    assert (settings.job.state, settings.job.reports) == (tmp_path / ".treeload", tmp_path / "reports")
    assert (settings.org.url, settings.org.api_version, settings.org.auth) == ("embedded", "67.0", None)
    assert (settings.read, settings.mapping, settings.send) == (ReadRules(), MappingRules(), SendRules())
    assert settings.path == tmp_path / "job.toml"


def test_every_table_reaches_the_settings(loaded: Load):
    settings = loaded(
        MINIMAL
        + '[read]\nformat = "csv"\ndelimiter = "\\t"\nmax_line = "1MiB"\n'
        + '[mapping]\nignore = ["Row", "x"]\nempty_cells = "null"\n'
        + '[mapping.columns]\n"First Name" = "FirstName"\n'
        + '[mapping.constants]\nA = "x"\nB = 1\nC = 1.5\nD = true\nE = 1990-01-31\n'
        + '[send]\nchunk_records = 10\nconcurrency = 2\ntimeout = "2m"\nrequests_per_second = 0\n'
    )
    assert settings.read == ReadRules(format="csv", delimiter="\t", max_line=2**20)
    constants: dict[str, Constant] = {"A": "x", "B": 1, "C": 1.5, "D": True, "E": "1990-01-31"}
    assert settings.mapping == MappingRules(
        columns={"First Name": "FirstName"}, constants=constants, ignore=("Row", "x"), empty_cells="null"
    )
    assert [type(value) for value in settings.mapping.constants.values()] == [str, int, float, bool, str]
    assert settings.send == SendRules(chunk_records=10, concurrency=2, timeout=120.0, requests_per_second=0)


def test_a_login_is_one_of_two_kinds(loaded: Load):
    settings = loaded(REAL + 'auth = {kind = "access_token", token = "env:T"}\n')
    assert isinstance(settings.org.auth, AccessToken)
    assert str(settings.org.auth.token) == "env:T"
    settings = loaded(REAL + '[org.auth]\nkind = "client_credentials"\nclient_id = "3MVG9"\nclient_secret = "file:s"\n')
    assert isinstance(settings.org.auth, ClientCredentials)
    assert settings.org.auth.client_id == "3MVG9"
    assert str(settings.org.auth.client_secret) == f"file:{settings.path.parent}/s"


def test_five_mistakes_are_five_lines_in_the_order_of_the_file(findings: Findings):
    text = """\
#:schema ./treeload.schema.json
[job]
nme = "x"          # 3: misspelt

[org]
url = "embedded"
chunk_records = 5  # 7: in the wrong table

[read]
format = "cvs"     # 10

[mapping]
ignore = '''
[send]
chunk_records = 1'''

[send]
chunk_records = 201  # 18
"""
    assert findings(text) == [
        "3: job.nme: unknown key; did you mean name?",
        "7: org.chunk_records: unknown key; it belongs in [send]",
        '10: read.format: must be "auto", "csv", "jsonl" or "json"; did you mean csv?',
        '13: mapping.ignore: must be a list: ["...", "..."]',
        "18: send.chunk_records: must be at most 200",
    ]


SIGNS = "%Y, %y, %d, %m, %H, %I, %M, %S, %f, %b, %B, %a, %A, %p, %z"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1: org.url: is required"]),
        (f"{MINIMAL}[sned]\nx = 1\n", ["5: sned: unknown table; did you mean send?"]),
        (
            f"{MINIMAL}[drops]\n",
            ["5: drops: unknown table; there are job, org, read, mapping, duplicates, send, effects, evidence, limits"],
        ),
        (f"concurrency = 4\n{MINIMAL}", ["1: concurrency: unknown key; it belongs in [send]"]),
        (f"{MINIMAL}Chunk_Records = 4\n", ["5: org.Chunk_Records: unknown key; it belongs in [send]"]),
        (
            f"token = 4\n{MINIMAL}",
            ["1: token: unknown key; there are job, org, read, mapping, duplicates, send, effects, evidence, limits"],
        ),
        (f"client_secret = 4\n{MINIMAL}", ["1: client_secret: unknown key; it belongs in [org.auth]"]),
        (
            f"{MINIMAL}[send]\nchunk-records = 1\nxyz = 1\n",
            [
                "6: send.chunk-records: unknown key; did you mean chunk_records?",
                f"7: send.xyz: unknown key; there are {', '.join(field.name for field in fields(SendRules))}",
            ],
        ),
        (f"{MINIMAL}[read]\nallow_empty = 1\n", ["6: read.allow_empty: must be true or false, without quotes"]),
        (f"{MINIMAL}[read]\nallow_empty = 'no'\n", ["6: read.allow_empty: must be true or false, without quotes"]),
        (f"{MINIMAL}[read]\nformat = 5\n", ['6: read.format: must be "auto", "csv", "jsonl" or "json"']),
        (f"{MINIMAL}[read]\ndelimiter = 5\n", ['6: read.delimiter: must be text, in quotes: "..."']),
        (f"{MINIMAL}[read]\ndelimiter = ''\n", ['6: read.delimiter: must be "auto" or one character, and no line end']),
        (
            f"{MINIMAL}[read]\ndelimiter = '||'\n",
            ['6: read.delimiter: must be "auto" or one character, and no line end'],
        ),
        (
            f'{MINIMAL}[read]\ndelimiter = "\\n"\n',
            ['6: read.delimiter: must be "auto" or one character, and no line end'],
        ),
        (f"{MINIMAL}[read]\ndelimiter = ','\nquote = ','\n", ["5: read: delimiter and quote must differ, both are ','"]),
        (f"{MINIMAL}[read]\ndelimiter = '\"'\n", ["5: read: delimiter and quote must differ, both are '\"'"]),
        (f"{MINIMAL}[read]\nmax_line = 0\n", ["6: read.max_line: must be at least 1"]),
        (f"{MINIMAL}[send]\nconcurrency = '4'\n", ["6: send.concurrency: must be a whole number, without quotes"]),
        (f"{MINIMAL}[send]\nconcurrency = true\n", ["6: send.concurrency: must be a whole number, without quotes"]),
        (f"{MINIMAL}[send]\nconcurrency = 1.5\n", ["6: send.concurrency: must be a whole number, without quotes"]),
        (f"{MINIMAL}[send]\nconcurrency = 101\n", ["6: send.concurrency: must be at most 100"]),
        (f"{MINIMAL}[send]\nchunk_bytes = 50_000_001\n", ["6: send.chunk_bytes: must be at most 50,000,000"]),
        (f"{MINIMAL}[send]\nattempts = 0\n", ["6: send.attempts: must be at least 1"]),
        (f"{MINIMAL}[send]\ntimeout = 0\n", ["6: send.timeout: must be more than 0"]),
        (f"{MINIMAL}[send]\ntimeout = inf\n", ["6: send.timeout: must be a finite number"]),
        (f"{MINIMAL}[send]\nrequests_per_second = true\n", ["6: send.requests_per_second: must be a number, without quotes"]),
        (f"{MINIMAL}[send]\nrequests_per_second = -1\n", ["6: send.requests_per_second: must be at least 0"]),
        (
            f"{MINIMAL}[send]\ntimeout = 'soon'\n",
            ['6: send.timeout: must be a duration: seconds as a number, or with units, such as "10m", "1h30m" or "500ms"'],
        ),
        (
            f"{MINIMAL}[send]\nchunk_bytes = '5'\n",
            ['6: send.chunk_bytes: must be a size: bytes as a whole number, or with a unit, such as "5MB" or "5MiB"'],
        ),
        (f"send = 5\n{MINIMAL}", ["1: send: must be a table"]),
        (f"{MINIMAL}[mapping]\ncolumns = 5\n", ["6: mapping.columns: must be a table"]),
        (f'{MINIMAL}[mapping.columns]\n"A b" = 5\n', ['6: mapping.columns."A b": must be text, in quotes: "..."']),
        (f"{MINIMAL}[mapping.constants]\nA = []\n", ["6: mapping.constants.A: must be text, a number, true or false"]),
        (f"{MINIMAL}[mapping.constants]\nA.str = 5\n", ["6: mapping.constants.A: must be text, a number, true or false"]),
        (f"{MINIMAL}[mapping.constants]\nA = nan\n", ["6: mapping.constants.A: must be text, a number, true or false"]),
        (
            f"{MINIMAL}[mapping.constants]\nA = {2**63}\nB = {2**63 - 1}\nC = {-(2**63)}\n",
            ["6: mapping.constants.A: is too large for a number: write it as text, in quotes"],
        ),
        (f"{MINIMAL}[mapping]\nfields = 5\n", ["6: mapping.fields: must be a table"]),
        (f"{MINIMAL}[mapping.fields]\nA = 5\n", ["6: mapping.fields.A: must be a table"]),
        (
            f"{MINIMAL}[mapping.fields]\nA = {{}}\n",
            ["6: mapping.fields.A.from: must name a column, or several"],
        ),
        (
            f"{MINIMAL}[mapping.fields.A]\nfrom = 5\n",
            ['6: mapping.fields.A.from: must be a column or a list of columns: "..." or ["...", "..."]'],
        ),
        (f"{MINIMAL}[mapping.fields.A]\nfrm = 'a'\n", ["6: mapping.fields.A.frm: unknown key; did you mean from?"]),
        (
            f"{MINIMAL}[mapping.fields.A]\nfrom = 'a'\npart = 'lst'\n",
            ['7: mapping.fields.A.part: must be "whole", "first", "last", "rest" or the number of a piece, from 1'],
        ),
        (
            f"{MINIMAL}[mapping.fields.A]\nfrom = 'a'\nclean = ['strip', 'uper']\n",
            ['7: mapping.fields.A.clean, item 2: must be "strip", "collapse", "lower" or "upper"; did you mean upper?'],
        ),
        (
            f"{MINIMAL}[mapping.fields.A]\nfrom = 'a'\nvalues = {{x = 5}}\n",
            ['7: mapping.fields.A.values.x: must be text, in quotes: "..."'],
        ),
        (
            f"{MINIMAL}[mapping.fields.A]\nfrom = 'a'\ndate = '%d.%m.%k'\n",
            [f"7: mapping.fields.A.date: must be the form of dates: it holds %k, which is not understood; there are {SIGNS}"],
        ),
        (
            f"{MINIMAL}[mapping.fields.A]\nfrom = 'a'\ndate = '%d.%m.%Y %H:%M'\nzone = 'Berlin'\n",
            ["8: mapping.fields.A.zone: must be a time zone such as Europe/Berlin; did you mean Europe/Berlin?"],
        ),
        (
            f"{MINIMAL}[mapping]\ndate = '%d.%m.%Y'\n",
            ["6: mapping.date: unknown key; it belongs in a table [mapping.fields.FIELD]"],
        ),
        (f"{MINIMAL}[mapping]\nignore = [\n'a',\n5]\n", ['8: mapping.ignore, item 2: must be text, in quotes: "..."']),
    ],
)
def test_each_mistake_is_said_in_plain_words_at_its_line(findings: Findings, text: str, expected: list[str]):
    assert findings(text) == expected


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        ("", '3: org.auth: is required for a real org: add [org.auth] with its kind, such as "client_credentials"'),
        (
            "[org.auth]\n",
            "5: org.auth.kind: is required; there are access_token, client_credentials, jwt_bearer, refresh_token, sf_cli",
        ),
        ("auth = 5\n", "5: org.auth: must be a table"),
        (
            '[org.auth]\nkind = "jwt"\n',
            '6: org.auth.kind: must be "access_token", "client_credentials", "jwt_bearer", "refresh_token" or "sf_cli"',
        ),
        (
            '[org.auth]\nkind = "acces_token"\n',
            '6: org.auth.kind: must be "access_token", "client_credentials", "jwt_bearer", "refresh_token" or "sf_cli"; did you mean access_token?',  # noqa: E501
        ),
        ('[org.auth]\nkind = "access_token"\n', "5: org.auth.token: is required"),
        (
            '[org.auth]\nkind = "client_credentials"\nclient_id = "x"\nclient_secret = "env:X"\ntoken = "env:Y"\n',
            "9: org.auth.token: unknown key; there are kind, client_id, client_secret",
        ),
    ],
)
def test_a_login_that_is_wrong_is_said_at_its_line(findings: Findings, auth: str, expected: str):
    assert findings(REAL + auth) == [expected]


def test_the_embedded_org_takes_no_login(findings: Findings):
    assert findings(MINIMAL + '[org.auth]\nkind = "access_token"\ntoken = "env:X"\n') == [
        "5: org.auth: must be left out: the embedded org needs no login"
    ]


def test_only_the_embedded_org_learns(findings: Findings, loaded: Load, tmp_path: Path):
    real = REAL.replace("[org]\n", '[org]\nlearn = ["data/*.json"]\n')
    assert findings(real + '[org.auth]\nkind = "access_token"\ntoken = "env:X"\n') == [
        "4: org.learn: must be left out: only the embedded org learns objects and fields from data"
    ]
    assert loaded(MINIMAL + 'learn = "data/plan.json"\n').org.learn == (f"{tmp_path}/data/plan.json",)


def test_a_contradiction_is_found_among_other_mistakes(findings: Findings):
    assert findings(MINIMAL + 'api_version = 49\n[org.auth]\nkind = "x"\n') == [
        '5: org.api_version: must be a version of the API, such as "67.0"; the oldest that will do is 50.0',
        "6: org.auth: must be left out: the embedded org needs no login",
        '7: org.auth.kind: must be "access_token", "client_credentials", "jwt_bearer", "refresh_token" or "sf_cli"',
    ]


def test_set_counts_more_than_the_environment_and_both_more_than_the_file(loaded: Load):
    text = MINIMAL + "[send]\nconcurrency = 1\nattempts = 1\nchunk_records = 1\n"
    environ = {"TREELOAD_SEND__CONCURRENCY": "2", "TREELOAD_SEND__ATTEMPTS": "2", "TREELOAD_HOME": "x", "PATH": "/bin"}
    send = loaded(text, ["send.concurrency=3", "send.concurrency=4"], environ).send
    assert (send.concurrency, send.attempts, send.chunk_records) == (4, 2, 1)


def test_what_the_file_leaves_out_can_come_from_outside(loaded: Load):
    settings = loaded(
        '[org]\nurl = "https://x.my.salesforce.com"\n',
        ["job.object=Lead", "job.name=two_words", 'mapping.columns."First Name"=FirstName', "send.timeout=2m"],
        {
            "TREELOAD_ORG__AUTH__KIND": "access_token",
            "TREELOAD_ORG__AUTH__TOKEN": "env:X",
            "TREELOAD_MAPPING__CONSTANTS__LeadSource": "Web",
            "TREELOAD_ORG__API_VERSION": "66.0",
        },
    )
    assert (settings.job.object, settings.job.name) == ("Lead", "two_words")
    assert isinstance(settings.org.auth, AccessToken)
    assert settings.org.api_version == "66.0"
    assert settings.mapping.columns == {"First Name": "FirstName"}
    assert settings.mapping.constants == {"LeadSource": "Web"}
    assert settings.send.timeout == 120


@pytest.mark.parametrize(
    ("overrides", "environ", "expected"),
    [
        (["send.concurrency=0"], {}, "--set send.concurrency: must be at least 1"),
        (["send.concurency=4"], {}, "--set send.concurency: unknown key; did you mean concurrency?"),
        (["send=4"], {}, "--set send: must be a table"),
        (["org.url.x=4"], {}, "--set org.url.x: org.url is a value, and nothing can be set inside it"),
        (["send={concurrency=0}"], {}, "--set send: send.concurrency: must be at least 1"),
        (["send.concurrency=0"], {"TREELOAD_SEND__CONCURRENCY": "0"}, "--set send.concurrency: must be at least 1"),
        ([], {"TREELOAD_SEND__CONCURRENCY": "0"}, "TREELOAD_SEND__CONCURRENCY: must be at least 1"),
        ([], {"TREELOAD_SEND__CONCURENCY": "4"}, "TREELOAD_SEND__CONCURENCY: unknown key; did you mean concurrency?"),
        ([], {"TREELOAD_SNED__X": "4"}, "TREELOAD_SNED__X: sned: unknown table; did you mean send?"),
        (
            [],
            {"TREELOAD_ORG__AUTH__TOKEN": "env:X"},
            "5: org.auth.kind: is required; there are access_token, client_credentials, jwt_bearer, refresh_token, sf_cli",
        ),
    ],
)
def test_a_mistake_from_outside_names_where_it_comes_from(
    findings: Findings, overrides: list[str], environ: dict[str, str], expected: str
):
    assert findings(REAL + "[org.auth]\n" if "AUTH" in str(environ) else MINIMAL, overrides, environ) == [expected]


def test_a_login_that_is_begun_from_outside_is_a_mistake_from_outside(findings: Findings):
    assert findings(REAL, ["org.auth.token=env:X"]) == [
        "--set org.auth.token: org.auth.kind: is required; there are access_token, client_credentials, jwt_bearer, refresh_token, sf_cli"  # noqa: E501
    ]


def test_mistakes_from_outside_come_after_those_of_the_file(findings: Findings):
    found = findings(MINIMAL + "[send]\nattempts = 0\n", ["send.concurrency=0", "x=1"], {"TREELOAD_SEND__TIMEOUT": "0"})
    assert found == [
        "6: send.attempts: must be at least 1",
        "--set send.concurrency: must be at least 1",
        "TREELOAD_SEND__TIMEOUT: must be more than 0",
        "--set number 2: unknown key; there are job, org, read, mapping, duplicates, send, effects, evidence, limits",
    ]


def test_paths_count_from_the_folder_of_the_file_wherever_the_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "a.toml").write_text(
        '[job]\nobject = "A"\ninput = ["../in/*.csv", "/abs/x.csv"]\nstate = "../var/state"\nreports = "r"\n'
        '[org]\nurl = "embedded"\n'
    )
    monkeypatch.chdir(tmp_path)
    job = load(Path("jobs/a.toml"), environ={}).job
    assert job.input == (f"{tmp_path}/in/*.csv", "/abs/x.csv")
    assert (job.state, job.reports) == (tmp_path / "var/state", tmp_path / "jobs/r")


def test_paths_count_from_the_real_folder_behind_a_link(tmp_path: Path):
    (tmp_path / "real" / "jobs").mkdir(parents=True)
    (tmp_path / "real" / "jobs" / "a.toml").write_text(MINIMAL.replace("\n[org]", '\nstate = "../state"\n[org]'))
    (tmp_path / "link").symlink_to(tmp_path / "real" / "jobs")
    assert load(tmp_path / "link" / "a.toml", environ={}).job.state == tmp_path / "real" / "state"


def test_a_file_is_named_in_messages_as_the_command_named_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Misconfigured) as wrong:
        load(Path("a.toml"), environ={})
    assert wrong.value.findings[0].startswith("a.toml:1: ")


def test_nothing_but_the_file_is_touched(loaded: Load, tmp_path: Path):
    loaded(REAL + '[org.auth]\nkind = "access_token"\ntoken = "file:none"\n')
    assert os.listdir(tmp_path) == ["job.toml"]  # noqa: PTH208 - names are enough
