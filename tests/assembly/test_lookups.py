"""Lookups against the embedded org, which has SOQL and comparisons of its own."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from unicodedata import normalize
from urllib.parse import unquote

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assembly import lookups, survey
from pipeline.assembly.access import connection, login_with
from pipeline.assembly.checking import check_by_org
from pipeline.assembly.lookups import Seeker
from pipeline.clock import SystemClock
from pipeline.errors import ExitCode, OrgUnavailable, TreeloadError, UsageError
from pipeline.mapping.lookups import Lookup
from pipeline.model.describe import Field
from pipeline.model.record_id import to_18
from pipeline.model.wire import Delivery, NoReply, Reply, Request
from pipeline.salesforce.lookups import Place
from pipeline.simulator import Org, serve
from pipeline.stages.investigator.asking import Asker
from pipeline.stop import Stop
from tests.assembly.bench import Bench

CONTACTS = """
[mapping.fields]
AccountId = { from = "Firm", lookup = "Account.Name" }
"""


FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.fixture
async def bench(tmp_path):
    async with serve(org := Org()) as server:
        yield Bench(tmp_path, org, server.url)


def accounts_of(bench: Bench) -> dict[str, str | None]:
    """Name the account of each contact, by last name."""
    names = {account["Id"]: account["Name"] for account in bench.held("Account")}
    return {contact["LastName"]: names.get(contact.get("AccountId")) for contact in bench.held("Contact")}


ROWS = "LastName,Firm\nKim,acme\nLee,Other\nCher,\nJo,Twice\nBo,Nowhere\n"


async def test_ids_are_looked_up_before_the_load_and_rows_without_one_are_rejected(bench):
    await bench.firms("ACME", "Other", "Twice", "twice")
    ending = await bench.load("people", "Contact", ROWS, CONTACTS)
    assert (ending.exit_code, ending.summary["totals"]["created"]) == (ExitCode.REJECTS, 3)
    assert accounts_of(bench) == {"Kim": "ACME", "Lee": "Other", "Cher": None}
    assert {row["line"]: row["error_code"] for row in bench.results(ending) if row["error_code"]} == {
        "5": "LOOKUP_AMBIGUOUS",
        "6": "LOOKUP_NOT_FOUND",
    }
    assert ending.summary["calls"]["lookup"] == 1
    assert ending.summary["calls"]["describe"] == 2


async def test_json_rows_look_up_the_same(bench):
    await bench.firms("ACME", "5")
    rows = '{"LastName": "Kim", "Firm": "Acme"}\n{"LastName": "Lee", "Firm": 5}\n{"LastName": "Cher"}\n'
    ending = await bench.load("people", "Contact", rows, CONTACTS, ending="jsonl")
    assert ending.exit_code is ExitCode.DONE
    assert accounts_of(bench) == {"Kim": "ACME", "Lee": "5", "Cher": None}


async def test_what_is_missing_can_be_left_out(bench):
    await bench.firms("Acme")
    mapping = CONTACTS.replace(" }", ', on_missing = "omit" }')
    ending = await bench.load("people", "Contact", "LastName,Firm\nKim,Acme\nLee,Nowhere\n", mapping)
    assert ending.exit_code is ExitCode.DONE
    assert accounts_of(bench) == {"Kim": "Acme", "Lee": None}


async def test_a_check_finds_what_the_run_then_rejects_and_counts_the_questions(bench):
    await bench.firms("ACME", "Other", "Twice", "twice")
    work = bench.work("people", "Contact", ROWS, CONTACTS)
    found = await check_by_org(work, login_with(bench.url, bench.org.token))
    assert {finding.code: finding.rows for finding in found.findings} == {"LOOKUP_AMBIGUOUS": 1, "LOOKUP_NOT_FOUND": 1}
    assert {purpose.value: count for purpose, count in found.plan.calls.items() if count} == {
        "describe": 2,
        "lookup": 1,
        "load": 1,
    }
    assert found.assumed == []


async def test_values_that_the_configuration_says_need_no_look_at_the_rows(bench, monkeypatch):
    async def look_through(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(survey, "look_through", look_through)
    mapping = '[mapping.fields.AccountId]\nfrom = "Kind"\nvalues = { a = "acme", b = "Other" }\nlookup = "Account.Name"\n'
    await bench.firms("Acme", "Other")
    ending = await bench.load("people", "Contact", "LastName,Kind\nKim,a\nLee,b\nJo,c\n", mapping)
    assert ending.summary["totals"]["rejected_here"] == 1
    assert accounts_of(bench) == {"Kim": "Acme", "Lee": "Other"}


async def test_one_record_for_every_row_needs_no_column(bench):
    await bench.firms("Acme")
    mapping = '[mapping.fields.AccountId]\ndefault = "ACME"\nlookup = "Account.Name"\n'
    ending = await bench.load("people", "Contact", "LastName\nKim\nLee\n", mapping)
    assert ending.exit_code is ExitCode.DONE
    assert accounts_of(bench) == {"Kim": "Acme", "Lee": "Acme"}


@pytest.mark.parametrize(
    ("lookup", "said"),
    [
        ("Account.Nam", "lookup Account.Nam: Account has no field 'Nam'; did you mean Name"),
        ("Account.CreatedDate", "lookup Account.CreatedDate: Account.CreatedDate is datetime: records are looked up by texts"),
    ],
)
async def test_a_place_that_is_not_there_is_told_before_anything_is_sent(bench, lookup, said):
    with pytest.raises(TreeloadError) as fault:
        await bench.load("people", "Contact", ROWS, CONTACTS.replace("Account.Name", lookup))
    assert str(fault.value).startswith(said)


async def test_record_types_are_those_of_the_object(tmp_path):
    described = tmp_path / "describes"
    described.mkdir()
    (described / "Account.json").write_bytes((FIXTURES / "describe/Account_describe.json").read_bytes())
    mapping = '[mapping.fields]\nRecordTypeId = { from = "Kind", lookup = "RecordType.DeveloperName" }\n'
    async with serve(org := Org(describes=described)) as server:
        bench = Bench(tmp_path, org, server.url)
        ending = await bench.load("firms", "Account", "Name,Kind\nA,household\nB,Business\nC,\n", mapping)
    assert [row["state"] for row in bench.results(ending)] == ["created", "rejected_here", "created"]
    [first, _] = bench.held("Account")
    assert first["RecordTypeId"] == "01254000001upcKAAQ"


async def test_what_hangs_under_a_row_looks_up_its_own(bench):
    await bench.load("campaigns", "Campaign", "Name\nSpring\n")
    mapping = """
    [mapping.children.CampaignMembers]
    of_row = true
    columns = { "Attended" = "Status" }
    when = { column = "Campaign", filled = true }
    fields = { CampaignId = { from = "Campaign", lookup = "Campaign.Name" } }
    """
    rows = "LastName,Campaign,Attended\nKim,spring,Sent\nLee,,\nJo,Autumn,Sent\n"
    ending = await bench.load("people", "Contact", rows, mapping)
    [campaign] = bench.held("Campaign")
    assert [member["CampaignId"] for member in bench.held("CampaignMember")] == [campaign["Id"]]
    assert [row["error_code"] for row in bench.results(ending) if row["error_code"]] == ["LOOKUP_NOT_FOUND", "FAMILY"]


async def test_what_is_nested_looks_up_its_own(bench):
    await bench.firms("Acme")
    mapping = """
    [mapping.children.Contacts.fields]
    ReportsToId = { from = "Boss", lookup = "Contact.LastName" }
    """
    await bench.load("bosses", "Contact", "LastName\nBoss\n")
    rows = '{"Name": "New", "Contacts": [{"LastName": "Kim", "Boss": "boss"}, {"LastName": "Lee"}]}\n'
    ending = await bench.load("people", "Account", rows, mapping, ending="jsonl")
    assert ending.exit_code is ExitCode.DONE
    boss, kim, lee = bench.held("Contact")
    assert (kim["ReportsToId"], lee.get("ReportsToId")) == (boss["Id"], None)


async def test_an_object_that_the_org_has_not_is_told_with_the_nearest(bench):
    async with connection(login_with(bench.url, bench.org.token), bench.work("x", "Contact", ROWS).settings) as org:
        seeker = Seeker(org, bench.work("x", "Contact", ROWS).settings, SystemClock())
        with pytest.raises(UsageError, match=r"^lookup Acount.Name: .*did you mean Account\?") as fault:
            await seeker.places([Lookup("Acount", "Name"), Lookup("RecordType", "Id", record_types_of="Contact")])
    assert "record types are looked up by DeveloperName or Name" in str(fault.value)


TEXTS = st.text(alphabet="aAäÄßẞi\u0131İI\u017fsé'\\\"%_ \t\n,;", min_size=1, max_size=4).filter(str.strip)


@settings(max_examples=25, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=8, unique=True))
async def test_each_value_finds_the_records_that_the_org_holds_for_it(names):
    """What is asked for alone is the truth; asked for together, the same must come out."""
    with TemporaryDirectory() as folder:
        async with serve(org := Org()) as server:
            bench = Bench(Path(folder), org, server.url)
            rows = "".join(orjson.dumps({"Name": name}).decode() + "\n" for name in names[::2] + names[:1])
            await bench.load("firms", "Account", rows, ending="jsonl")
            work = bench.work("x", "Contact", ROWS)
            async with connection(login_with(server.url, org.token), work.settings) as way_to_it:
                seeker = Seeker(way_to_it, work.settings, SystemClock())
                alone = {name: await found(seeker, [name]) for name in names}
                together = await found(seeker, names)
    assert together == {name: ids for each in alone.values() for name, ids in each.items()}


class Loose:
    """An org whose comparisons are looser than anybody knows, and which has bad days."""

    generation = 0

    def __init__(self, names: dict[str, str], *, silent: int = 0) -> None:
        self.names, self.asked, self._silent = names, list[str](), silent

    async def send(self, request: Request) -> Delivery:
        path = request.path if request.body is None else orjson.loads(request.body)["compositeRequest"][0]["url"]
        soql = unquote(path.partition("?q=")[2])
        self.asked.append(soql)
        if len(self.asked) <= self._silent:
            return NoReply("time-out")
        wanted = {plainly(value) for value in re.findall(r"'([^']*)'", soql)}
        records = [{"Id": key, "Name": name} for name, key in self.names.items() if plainly(name) in wanted]
        most = int(soql.partition(" LIMIT ")[2] or len(records))
        page = {"done": True, "records": records[:most]}
        whole = {"compositeResponse": [{"httpStatusCode": 200, "body": page}]}
        return Reply(200, {}, orjson.dumps(page if request.body is None else whole))

    def calls_left(self) -> int | None:
        return None

    async def renew(self, generation: int) -> None:
        raise AssertionError


def plainly(text: str) -> str:
    return "".join(letter for letter in normalize("NFD", text.lower()) if letter.isalnum())


class Patient(SystemClock):
    """Doesn't wait."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def loosely(bench, org, clock=None):
    return Seeker(org, bench.work("x", "Contact", ROWS).settings, clock or Patient())


IDS = [to_18(f"001x00000000{number:03}") for number in range(300)]


async def learned(seeker: Seeker, values: list[str], stop: Stop | None = None) -> Lookup:
    lookup = Lookup("Account", "Name")
    lookup.values.update(values)
    field = Field("Name", "Name", "string", 80, createable=True, nillable=True, defaulted_on_create=False)
    await seeker.learn(lookup, Place("Account", field), stop or Stop())
    return lookup


async def test_answers_that_look_like_none_of_the_values_are_found_out_by_smaller_questions(bench):
    org = Loose({"Müller": IDS[0], "MUELLER": IDS[1], "Åse": IDS[2]})
    lookup = await learned(loosely(bench, org), ["Muller", "Mueller", "Ase", "Nobody", *map(str, range(28))])
    step = lookup.step(omit=True)
    assert [*step(["Muller", "Mueller", "Ase", "Nobody"])] == [IDS[0], IDS[1], IDS[2], ""]
    assert len(org.asked) < 25, "halves, and not one by one"


async def test_too_many_such_answers_end_the_search(bench):
    values = [f"a{number}" for number in range(300)]
    org = Loose({value.replace("a", "ä"): key for value, key in zip(values, IDS, strict=True)})
    with pytest.raises(UsageError, match="finds too many records that look like none of the values"):
        await learned(loosely(bench, org), values)


async def test_a_value_with_more_records_than_can_be_read_is_not_clear(bench, monkeypatch):
    async def ask(self, soql):
        return None if " LIMIT " not in soql and "'b'" in soql else await asked(self, soql)

    asked = Asker.ask
    monkeypatch.setattr(Asker, "ask", ask)
    org = Loose({"a": IDS[0], "b": IDS[1], "B": IDS[2]})
    step = (await learned(loosely(bench, org), ["a", "b"])).step(omit=True)
    assert [*step(["a"])] == [IDS[0]]
    with pytest.raises(ValueError, match="is not clear"):
        step(["b"])


async def test_a_question_that_is_not_answered_is_asked_again_after_a_pause(bench):
    clock = Patient()
    lookup = await learned(loosely(bench, Loose({"a": IDS[0]}, silent=2), clock), ["a"])
    assert [*lookup.step(omit=False)(["a"])] == [IDS[0]]
    assert clock.slept == [1.0, 2.0]
    with pytest.raises(OrgUnavailable, match="can't look up ids"):
        await learned(loosely(bench, Loose({}, silent=9)), ["a"])


async def test_values_go_in_portions_that_fit_into_a_question_and_none_is_asked_after_a_stop(bench):
    values = [f"{number:079}x" for number in range(3_000)]
    org = Loose({})
    await learned(loosely(bench, org), values)
    assert len(org.asked) == 3
    assert [value for soql in org.asked for value in re.findall(r"\d{79}x", soql)] == values
    stop = Stop()
    stop.pull("SIGTERM was received", ExitCode.RESUMABLE)
    org = Loose({})
    await learned(loosely(bench, org), ["a"], stop)
    assert org.asked == []


async def test_too_many_different_values_are_refused(bench, monkeypatch):
    monkeypatch.setattr(lookups, "MOST_VALUES", 2)
    with pytest.raises(BaseExceptionGroup) as group:
        await bench.load("people", "Contact", ROWS, CONTACTS)
    [fault] = group.value.exceptions
    assert "the rows have more than 2 different values" in str(fault)


async def found(seeker: Seeker, values: list[str]) -> dict[str, str]:
    lookup = Lookup("Account", "Name")
    lookup.values.update(values)
    places = await seeker.places([lookup])
    await seeker.learn(lookup, places[lookup], Stop())
    step = lookup.step(omit=False)
    outcomes = {}
    for value in values:
        try:
            outcomes[value] = step([value])[0]
        except ValueError as fault:
            outcomes[value] = str(fault)
    return outcomes
