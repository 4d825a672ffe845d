"""Families in parts, whatever becomes of each: every record is sent once, with its parent's id, or ends for a reason."""

from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assembly.parents import Parents
from pipeline.assembly.way import Way, way_by
from pipeline.assembly.work import Import, find_input
from pipeline.config import load as load_settings
from pipeline.journal.known_rows import KnownRows
from pipeline.model.describe import Describe
from pipeline.model.record import MEMBER, Kin
from pipeline.model.record_id import to_18
from pipeline.model.row import ObjectBlock
from pipeline.salesforce.describe import read
from pipeline.simulator import Org

JOB = """
[job]
object = "Account"
state = "state"
reports = "reports"
[org]
url = "embedded"
[send]
chunk_records = 5
[mapping]
large_families = "split"
[mapping.children.Contacts.children.Cases]
[mapping.children.ChildAccounts.children.Contacts]
"""
LINKS = {"Contacts": "AccountId", "Cases": "ContactId", "ChildAccounts": "ParentId"}
ORG = Org()


SHAPES = st.lists(
    st.tuples(st.lists(st.integers(0, 5), max_size=12), st.lists(st.integers(0, 6), max_size=4)), min_size=1, max_size=4
)
"""Of each row: how many cases each of its contacts has, and how many contacts each of its branches."""


def family(cases: list[int], branches: list[int]) -> dict:
    return {
        "Name": "Firm",
        "Contacts": [{"LastName": "Person", "Cases": [{"Subject": "Case"}] * number} for number in cases],
        "ChildAccounts": [{"Name": "Branch", "Contacts": [{"LastName": "Clerk"}] * number} for number in branches],
    }


async def fetch(name: str) -> Describe:
    described = read(ORG.table(name).sobject.describe)
    assert described is not None
    return described


def members(row: dict, number: int = 0, parent: int = -1, field: str = "") -> list[tuple[int, int, str]]:
    """List the records of a row in the order of their places: number, number of the parent, field for its id."""
    found = [(number, parent, field)]
    for key, value in row.items():
        for child in value if isinstance(value, list) else ():
            found += members(child, number + len(found), number, LINKS[key])
    return found


class Journal:
    """What has become of records so far, by place."""

    def __init__(self) -> None:
        self.ids: dict[int, str] = {}
        self.ended: dict[int, str] = {}

    async def outcomes(self, _file: int, places: frozenset[int]) -> tuple[dict[int, str], dict[int, str]]:
        return {at: key for at, key in self.ids.items() if at in places}, {
            at: state for at, state in self.ended.items() if at in places
        }

    def known(self) -> KnownRows:
        known = KnownRows()
        known.add([*self.ids, *self.ended], apart=True)
        return known


@settings(deadline=None, max_examples=60)
@given(shapes=SHAPES, dice=st.integers(0, 2**32).map(Random))
async def test_each_record_is_sent_once_with_its_parents_id_or_ends_because_of_a_parent(shapes, dice):
    rows = [family(*shape) for shape in shapes]
    way, block = await way_and_block(rows)
    journal, sent, restarted, sendings = Journal(), dict[int, dict](), True, []
    while restarted or sendings or await way.learn(journal):
        if restarted := dice.random() < 0.3:
            rules = replace(way.parting.rules, chunk_records=dice.randint(1, 9))  # it was changed meanwhile
            way = replace(way, parting=replace(way.parting, rules=rules, parents=Parents()))
            await way.learn(journal)
        sendings = sendings_of(way, block, journal)
        for place, record, kin in sendings:
            fate = dice.random()
            if fate < 0.1:
                journal.ended |= dict.fromkeys([place, *(one.line for one in kin)], "rejected_by_org")
            elif fate < 0.8:
                take(orjson.loads(record), journal, sent)
        await way.learn(journal)
    for line, row in zip(block.lines, rows, strict=True):
        for number, parent, field in members(row):
            place, above = line + number * MEMBER, line + parent * MEMBER
            assert (place in sent) != (place in journal.ended), "each record ends once"
            assert parent < 0 or above in sent or place in journal.ended
            assert place not in sent or parent < 0 or sent[place][field] == journal.ids[above]


async def way_and_block(rows: list[dict]) -> tuple[Way, ObjectBlock]:
    """Settle how rows become records; return that and the rows as they are read."""
    raw = [orjson.dumps(row) for row in rows]
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "job.toml").write_text(JOB)
        (folder / "accounts.jsonl").write_bytes(b"\n".join(raw))
        rules = load_settings(folder / "job.toml", environ={})
        way = await way_by(Import(rules, find_input([str(folder / "accounts.jsonl")], rules.read), fresh=True), fetch)
    lines = [*range(1, len(rows) + 1)]
    return way, ObjectBlock(lines, lines, raw, rows=[orjson.loads(one) for one in raw])


def sendings_of(way: Way, block: ObjectBlock, journal: Journal) -> list[tuple[int, bytes, tuple[Kin, ...]]]:
    """Return what can be sent in a pass: places, records, and what goes with them; what can't ever be sent ends."""
    known = journal.known()
    made = way.makers("run", {1: known})[1](block)
    assert not made.faults
    whole = [at for at, line in enumerate(block.lines) if at not in made.parts and line not in known]
    sendings = [(block.lines[at], made.records[at], made.kin[at] if made.kin else ()) for at in whole]
    for part in (part for parts in made.parts.values() for part in parts):
        places = [part.own.line, *(one.line for one in part.kin)]
        assert not any(place in known for place in places), "it has its place already"
        if part.errors:
            journal.ended |= dict.fromkeys(places, "rejected_here")
        elif not part.wave:
            sendings.append((part.own.line, part.record, part.kin))
    assert all(1 + len(kin) <= way.parting.rules.chunk_records for _, _, kin in sendings)
    return sendings


def take(record: dict, journal: Journal, sent: dict[int, dict], field: str = "", parent: str = "") -> None:
    """Create a record and what is nested in it, as the org does."""
    _, line, *number = record.pop("attributes")["referenceId"].split("_")
    place = int(line) + (int(number[0]) * MEMBER if number else 0)
    assert place not in sent
    journal.ids[place] = to_18(f"001SM{len(sent):010d}")
    below = {key: record.pop(key)["records"] for key in [*record] if key in LINKS}
    sent[place] = record | ({field: parent} if field else {})
    for key, children in below.items():
        for child in children:
            take(child, journal, sent, LINKS[key], journal.ids[place])


async def test_what_has_become_of_a_parent_is_learned_and_told_once():
    parents, journal = Parents(), Journal()
    assert parents.id_of((1, 5)) == parents.id_of((1, 6)) == ""
    assert not await parents.learn(journal)
    journal.ids[5], journal.ended[6] = "x", "rejected_by_org"
    await parents.refresh(journal)
    assert (parents.id_of((1, 5)), parents.lost((1, 6)), parents.lost((1, 5))) == ("x", "was rejected by org", "")
    assert await parents.learn(journal), "what had to wait in the last pass waits no longer"
    assert not await parents.learn(journal)
