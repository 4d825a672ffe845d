"""What single values may be, tried through a whole configuration."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from pipeline.config import Misconfigured, SecretRef, Settings, load
from pipeline.config.secret import WANTED
from pipeline.config.values import Name, Url

Load = Callable[..., Settings]
Findings = Callable[..., list[str]]

EMBEDDED = '[job]\nobject = "Contact"\n[org]\nurl = "embedded"\n'


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("embedded", "embedded"),
        ("https://x.my.salesforce.com", "https://x.my.salesforce.com"),
        ("https://X--dev.sandbox.my.salesforce.com/", "https://x--dev.sandbox.my.salesforce.com"),
        ("https://proxy:8443", "https://proxy:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("http://[::1]:1/", "http://[::1]:1"),
    ],
)
def test_an_org_is_embedded_or_the_host_of_an_org(url: str, clean: str):
    assert TypeAdapter(Url).validate_python(url) == clean


@pytest.mark.parametrize(
    "url",
    [
        "",
        "Embedded",
        "x.my.salesforce.com",
        "https://",
        "https://u:p@x",
        "ftp://x",
        "https://x\n",
    ],
)
def test_what_is_no_org_is_refused(findings: Findings, url: str):
    [finding] = findings(EMBEDDED, [f"org.url='''{url}'''", "org.auth={kind='access_token', token='env:X'}"])
    assert finding.startswith('--set org.url: must be "embedded" or https:// and the name of a host')


@pytest.mark.parametrize("url", ["https://x/services", "https://x?y", "https://x#y"])
def test_an_address_ends_with_its_host(findings: Findings, url: str):
    [finding] = findings(EMBEDDED, [f"org.url='{url}'", "org.auth={kind='access_token', token='env:X'}"])
    assert finding.startswith("--set org.url: must end with the name of the host")


@pytest.mark.parametrize("host", ["login", "test"])
@pytest.mark.parametrize(
    "login",
    [
        "kind='access_token', token='env:X'",
        "kind='client_credentials', client_id='x', client_secret='env:X'",
        "kind='sf_cli', target_org='x'",
    ],
)
def test_a_login_host_is_no_org(findings: Findings, host: str, login: str):
    [finding] = findings(EMBEDDED, [f"org.url='https://{host}.salesforce.com'", f"org.auth={{{login}}}"])
    assert finding == (
        '--set org.url: must be the org\'s My Domain for this way of logging in: "https://example.my.salesforce.com"'
    )


def test_a_login_host_will_do_where_the_login_names_the_user(loaded: Load):
    login = "org.auth={kind='refresh_token', client_id='x', refresh_token='env:X'}"
    assert loaded(EMBEDDED, ["org.url='https://test.salesforce.com'", login]).org.url == "https://test.salesforce.com"


@pytest.mark.parametrize("url", ["http://x.my.salesforce.com", "http://127.0.0.1.evil.example", "HTTP://x"])
def test_a_token_never_travels_in_clear(findings: Findings, url: str):
    [finding] = findings(EMBEDDED, [f"org.url='{url}'", "org.auth={kind='access_token', token='env:X'}"])
    assert finding.startswith("--set org.url: must begin with https://")


@pytest.mark.parametrize("version", ["67", "67.0", '"67"', '"67.0"', '"v67.0"', '"V67"'])
def test_a_version_may_be_written_in_several_ways(loaded: Load, version: str):
    assert loaded(EMBEDDED + f"api_version = {version}\n").org.api_version == "67.0"


def test_the_oldest_version_will_do(loaded: Load):
    assert loaded(EMBEDDED + "api_version = 50\n").org.api_version == "50.0"


@pytest.mark.parametrize("version", ["49.0", "67.5", "-67", "true", '""', '"latest"', '"67.0.0"', "[67]", "6", '"٦٧"'])
def test_what_is_no_version_is_refused(findings: Findings, version: str):
    assert findings(EMBEDDED + f"api_version = {version}\n") == [
        '5: org.api_version: must be a version of the API, such as "67.0"; the oldest that will do is 50.0'
    ]


@pytest.mark.parametrize("name", ["-a", ".a", "a b", "a/b", "ä", "a\n", "x" * 65, "..", "a:b"])
def test_a_name_that_is_no_folder_name_is_refused(findings: Findings, name: str):
    [finding] = findings(EMBEDDED, [f"job.name='''{name}'''"])
    assert finding.startswith("--set job.name: must be letters, digits")


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True))
def test_any_safe_name_is_taken(name: str):
    assert TypeAdapter(Name).validate_python(name, context=Path("/job.toml")) == name


def test_a_file_whose_name_cannot_be_the_jobs_must_say_its_name(tmp_path: Path):
    path = tmp_path / "my job.toml"
    path.write_text(EMBEDDED)
    with pytest.raises(
        Misconfigured, match=r"my job.toml:1: job.name: is required, because the file's own name can't be the job's"
    ):
        load(path, environ={})
    assert load(path, overrides=["job.name=mine"], environ={}).job.name == "mine"


@pytest.mark.parametrize("name", ["", "1Contact", "Con tact", "a.b", "x" * 81, "Contact'", "Contact\n"])
def test_what_is_no_object_is_refused(findings: Findings, name: str):
    [finding] = findings(EMBEDDED, [f'job.object="""{name}"""'])
    assert finding.startswith("--set job.object: must be the API name of an object")


@pytest.mark.parametrize("key", ["name", "object", "state", "reports", "input"])
def test_text_is_needed_where_text_is_meant(findings: Findings, key: str):
    assert findings(EMBEDDED, [f"job.{key}=5"]) == [f'--set job.{key}: must be text, in quotes: "..."']


def test_input_is_one_pattern_or_many(loaded: Load, tmp_path: Path):
    assert loaded(EMBEDDED, ["job.input=a/*.csv"]).job.input == (f"{tmp_path}/a/*.csv",)
    assert loaded(EMBEDDED, ["job.input=['a', '/b']"]).job.input == (f"{tmp_path}/a", "/b")


@pytest.mark.parametrize(
    ("path", "finding"),
    [("", "must be a path"), ("~/x", "a path with ~ means something else to each user"), ('"a\\u0000b"', "must be a path")],
)
@pytest.mark.parametrize("key", ["state", "reports", "input"])
def test_a_path_that_could_be_meant_otherwise_is_refused(findings: Findings, key: str, path: str, finding: str):
    assert findings(EMBEDDED, [f"job.{key}={path}"])[0].startswith(f"--set job.{key}: {finding}")


def test_a_consumer_key_may_be_a_reference_and_a_consumer_secret_must_be(loaded: Load, findings: Findings):
    text = EMBEDDED.replace("embedded", "https://x") + '[org.auth]\nkind = "client_credentials"\n'
    auth = loaded(text + 'client_id = "env:ID"\nclient_secret = "credential:s"\n').org.auth
    assert getattr(auth, "client_id", None) == SecretRef("env", "ID")
    assert findings(text + 'client_id = ""\nclient_secret = "x"\n') == [
        "7: org.auth.client_id: must be the consumer key of a connected app, or a reference to it",
        f"8: org.auth.client_secret: {WANTED}",
    ]
    assert findings(text + 'client_id = "env:1"\nclient_secret = 5\n')[0].startswith(
        "7: org.auth.client_id: what follows env: can't be the name of one; a secret is given by reference only"
    )


def test_settings_are_not_checked_without_the_path_of_their_file():
    with pytest.raises(TypeError, match="with the path of their file"):
        TypeAdapter(Name).validate_python("")


def test_an_address_is_no_path_and_stays_as_it_is(loaded: Load, tmp_path: Path):
    given = ["job.input=['s3://b/exports/*.csv', 'sftp://me@host:22/x//y.csv', 'x.csv']"]
    assert loaded(EMBEDDED, given).job.input == ("s3://b/exports/*.csv", "sftp://me@host:22/x//y.csv", f"{tmp_path}/x.csv")


def test_only_what_is_loaded_may_be_elsewhere(findings: Findings):
    assert findings(EMBEDDED, ["org.learn='s3://b/x.json'"]) == [
        "--set org.learn: must be on this machine: only job.input may be an address"
    ]


def test_an_address_with_a_secret_is_refused_and_not_repeated(findings: Findings):
    [finding] = findings(EMBEDDED, ["job.input='sftp://me:hunter2@host/x.csv'"])
    assert finding.startswith("--set job.input: must not hold a secret, for addresses stand in reports: keys are found")
    assert "hunter2" not in finding


def test_an_address_that_cannot_be_read_is_refused(findings: Findings):
    assert findings(EMBEDDED, ["job.input='ssftp://host/x.csv'"]) == [
        "--set job.input: must be a path, or an address that begins with s3:// or sftp://; did you mean sftp://?"
    ]


@pytest.mark.parametrize("assignment", ["off", "active", "01QSM0000000001", "01QSM0000000001YAA"])
def test_assignment_is_off_or_active_or_one_rule(loaded: Load, assignment: str):
    assert loaded(EMBEDDED, [f"effects.assignment={assignment}"]).effects.assignment == assignment


@pytest.mark.parametrize("assignment", ["on", "TRUE", "01Q", "00QSM0000000001", ""])
def test_what_is_no_rule_is_refused(findings: Findings, assignment: str):
    assert findings(EMBEDDED, [f"effects.assignment='{assignment}'"]) == [
        '--set effects.assignment: must be "off", "active" or the id of an assignment rule (01Q...)'
    ]


@pytest.mark.parametrize("client", ["a b", "a;b", "a=b", "a,b", "ä", "x" * 65])
def test_a_client_has_a_name_that_fits_a_header(findings: Findings, client: str):
    assert findings(EMBEDDED, [f"org.client='{client}'"]) == ["--set org.client: must be letters, digits and . _ / -, at most 64"]
