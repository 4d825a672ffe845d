"""The look ahead: it says no before anything is written or sent, and sees exactly what the run would."""

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.assembly.access import connection, login_with
from pipeline.assembly.beforehand import look_ahead
from pipeline.assembly.checking import check, check_by_org
from pipeline.assembly.loading import load
from pipeline.assembly.way import settle_way
from pipeline.assembly.work import Import, Surroundings, find_input
from pipeline.clock import SystemClock
from pipeline.config import load as load_settings
from pipeline.errors import BeyondLimit, ExitCode, InputError, OrgUnavailable
from pipeline.model.tally import Tally
from pipeline.simulator import Org, serve
from pipeline.stop import Stop

JOB = """
[job]
name = "people"
object = "Contact"
state = "state"
reports = "reports"
[org]
url = "embedded"
[read]
delimiter = ","
[mapping]
check = true
[send]
chunk_records = 3
requests_per_second = 0
allowance_reserve = 0
"""


def work_of(folder: Path, name: str, content: str | bytes, *overrides: str, fresh: bool = False) -> Import:
    (folder / "job.toml").write_text(JOB)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    rules = load_settings(folder / "job.toml", overrides=overrides, environ={})
    return Import(rules, find_input([str(folder / name)], rules.read), fresh=fresh)


async def run(work: Import, url: str, token: str):
    around = Surroundings(SystemClock(), lambda: 0.5, Stop(), Tally())
    return await load(work, login_with(url, token), around)


def people(rows: int, email: str = "kim@example.org") -> str:
    return "LastName,Email\n" + f"Kim,{email}\n" * rows


@pytest.fixture
async def org():
    org = Org()
    async with serve(org) as server:
        yield server.url, org.token


@pytest.fixture
async def poor_org():
    """Serve an org whose day has ten calls."""
    org = Org(api_requests_max=10)
    async with serve(org) as server:
        yield server.url, org.token, org


CELLS = st.sampled_from(
    ["Lee", "x" * 81, "", "kim@example.org", "kim", "2024-02-29", "2023-02-29", "true", "a;b", "4", '"', "\x00"]
)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=12)
HEAD = ("LastName", "Email", "Birthdate", "AccountId")


def as_csv(rows) -> tuple[str, str]:
    return "rows.csv", "".join(",".join(row) + "\n" for row in [HEAD, *rows])


def as_json_lines(rows) -> tuple[str, str]:
    good = [*('{"' + '","'.join(f'{key}":"{cell}' for key, cell in zip(HEAD, row, strict=True)) + '"}' for row in rows)]
    return "rows.jsonl", '{"LastName":"Kim"}\n' + "\n".join(good) + "\n"


@given(rows=ROWS, form=st.sampled_from([as_csv, as_json_lines]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_a_check_passes_a_run_does_not_find_and_the_other_way_round(tmp_path_factory, rows, form):
    folder = tmp_path_factory.mktemp("job")
    work = work_of(folder, *form(rows))
    org = Org()
    async with serve(org) as server:
        found = await check_by_org(work, login_with(server.url, org.token))
        ending = await run(work, server.url, org.token)
    totals = ending.summary["totals"]
    seen = found.totals.as_dict()
    for term in ("lines_read", "blank", "unreadable", "rows", "rejected_here", "eligible"):
        assert seen[term] == totals[term], term
    assert found.bad == totals["unreadable"] + totals["rejected_here"]
    assert found.chunks == ending.summary["calls"].get("load", 0)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (people(2) + "Kim,nobody\n", ["1 row would be rejected here", "rows.csv:4: Email: 'nobody' is not an e-mail address"]),
        (people(2) + "Kim\n", ["1 row would be rejected here", "rows.csv:4: "]),
        (people(9, "nobody"), ["9 rows would be rejected here", "(9 x INVALID_EMAIL_ADDRESS)"]),
    ],
    ids=["rejected", "unreadable", "many"],
)
async def test_where_the_job_wants_no_bad_rows_one_of_them_stops_everything(tmp_path: Path, org, content: str, told: list[str]):
    work = work_of(tmp_path, "rows.csv", content, "mapping.bad_rows=stop")
    with pytest.raises(InputError) as refused:
        await run(work, *org)
    for words in told:
        assert words in str(refused.value)
    assert not list((tmp_path / "state").rglob("*.journal"))


async def test_where_there_is_no_bad_row_it_is_loaded_as_ever(tmp_path: Path, org):
    ending = await run(work_of(tmp_path, "rows.csv", people(7), "mapping.bad_rows=stop"), *org)
    assert (ending.exit_code, ending.summary["totals"]["created"]) == (ExitCode.DONE, 7)


async def test_a_run_that_surely_needs_more_calls_than_are_left_does_not_begin(tmp_path: Path, poor_org):
    url, token, org = poor_org
    work = work_of(tmp_path, "rows.csv", people(28))
    with pytest.raises(
        OrgUnavailable, match=r"used 1 of its 10 calls today, and what is to be sent needs 10 at least \(28 records\)"
    ):
        await run(work, url, token)
    assert not list((tmp_path / "state").rglob("*.journal"))
    assert not org.table("Contact").rows


async def test_families_fill_requests_sooner_than_rows_do_and_that_is_counted(tmp_path: Path, poor_org):
    url, token, _ = poor_org
    family = '{"Name":"Acme","Contacts":[{"LastName":"Kim"},{"LastName":"Lee"}]}\n'
    settings = ("job.object=Account",)
    with pytest.raises(OrgUnavailable, match=r"needs 9 at least \(27 records\)"):
        await run(work_of(tmp_path, "rows.jsonl", family * 9, *settings), url, token)


@pytest.mark.parametrize("packed", [False, True])
async def test_a_run_that_just_fits_begins(tmp_path: Path, poor_org, packed: bool):  # noqa: FBT001 - a case
    url, token, _ = poor_org
    content = people(26).encode()
    work = work_of(tmp_path, "rows.csv.gz" if packed else "rows.csv", gzip.compress(content) if packed else content)
    ending = await run(work, url, token)
    assert ending.summary["totals"]["created"] == 26


async def test_overdrawing_begins_stops_where_the_calls_end_and_goes_on_with_what_is_left(tmp_path: Path, poor_org):
    url, token, org = poor_org
    content = people(28)
    overdrawn = await run(work_of(tmp_path, "rows.csv", content, "limits.overdraw=true"), url, token)
    assert overdrawn.exit_code is ExitCode.RESUMABLE
    assert overdrawn.summary["totals"]["created"] == 27
    org.allowance.maximum = 13
    resumed = await run(work_of(tmp_path, "rows.csv", content), url, token)  # 28 rows would not fit, the one that is left does
    assert (resumed.exit_code, resumed.summary["totals"]["created"]) == (ExitCode.DONE, 28)


async def test_a_look_that_is_stopped_refuses_nothing(tmp_path: Path, org):
    work = work_of(tmp_path, "rows.csv", people(9, "nobody"), "mapping.bad_rows=stop")
    stop = Stop()
    async with connection(login_with(*org), work.settings) as way_to_it:
        way = await settle_way(work, way_to_it)
        stop.pull("SIGTERM was received", ExitCode.RESUMABLE)
        await look_ahead(work, way, stop, usage=None)
        assert (await check(work, way, stop=stop)).bad < 9


async def test_a_run_with_more_records_than_allowed_does_not_begin(tmp_path: Path, org):
    work = work_of(tmp_path, "rows.csv", people(5) + "Kim,nobody\n", "limits.max_created=4")
    with pytest.raises(BeyondLimit, match=r"5 records are to be sent, but limits\.max_created allows 4: nothing was sent"):
        await run(work, *org)
    assert not list((tmp_path / "state").rglob("*.journal"))


@pytest.mark.parametrize("most", [5, 6, 7, 1_000])
async def test_rows_that_would_be_rejected_here_are_not_among_them(tmp_path: Path, org, most: int):
    ending = await run(work_of(tmp_path, "rows.csv", people(5) + "Kim,nobody\n", f"limits.max_created={most}"), *org)
    assert (ending.exit_code, ending.summary["totals"]["created"]) == (ExitCode.REJECTS, 5)


async def test_further_records_of_a_row_count_as_well(tmp_path: Path, org):
    families = '{"Name":"Acme","Contacts":[{"LastName":"Lee"},{"LastName":"Kim"}]}\n' * 2
    with pytest.raises(BeyondLimit, match=r"6 records are to be sent, but limits\.max_created allows 5"):
        await run(work_of(tmp_path, "rows.jsonl", families, "job.object=Account", "limits.max_created=5"), *org)
    ending = await run(work_of(tmp_path, "rows.jsonl", families, "job.object=Account", "limits.max_created=6"), *org)
    assert ending.exit_code is ExitCode.DONE


async def test_what_earlier_starts_have_created_counts_and_the_run_goes_on_when_the_limit_is_raised(tmp_path: Path, poor_org):
    url, token, org = poor_org
    content = people(60)
    first = await run(work_of(tmp_path, "rows.csv", content, "limits.overdraw=true"), url, token)
    assert (first.exit_code, first.summary["totals"]["created"]) == (ExitCode.RESUMABLE, 27)
    org.allowance.maximum = 1_000
    told = r"33 records are to be sent, and 27 are created or in doubt already, but limits\.max_created allows 59"
    with pytest.raises(BeyondLimit, match=told):
        await run(work_of(tmp_path, "rows.csv", content, "limits.max_created=59"), url, token)
    assert org.count("Contact") == 27
    second = await run(work_of(tmp_path, "rows.csv", content, "limits.max_created=60"), url, token)
    assert (second.exit_code, org.count("Contact")) == (ExitCode.DONE, 60)
