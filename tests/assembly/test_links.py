"""References between rows: random files of rows that refer to each other, loaded pass by pass with a journal in memory."""

from collections import defaultdict
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assembly.links import Links
from pipeline.model.record import MEMBER
from pipeline.model.record_id import is_record_id, to_18
from pipeline.policy.waves import Row

FILES = {1: "Account.json", 2: "Contact.json"}
ROWS = [(file, line) for file in FILES for line in range(1, 6)]
UNKNOWN = "Nobody"


@dataclass
class Load:
    """What the rows of some files have: the names of their records, the names that they refer to; and what the org says."""

    names: dict[Row, list[str]]
    needs: dict[Row, list[str]]
    refused: set[Row] = field(default_factory=set)
    """Rows that the org rejects when they are sent."""

    def rows_named(self) -> dict[str, list[Row]]:
        named: dict[str, list[Row]] = defaultdict(list)
        for row, names in self.names.items():
            for name in names:
                named[name].append(row)
        return named

    def mistaken(self, row: Row) -> bool:
        """Tell whether a row refers to nothing, to two records, or to its own family."""
        named = self.rows_named()
        return any(len(named[name]) != 1 or named[name] == [row] for name in self.needs[row])

    def awaited(self, row: Row) -> list[Row]:
        return [self.rows_named()[name][0] for name in self.needs[row]]

    def can_go(self, row: Row, created: set[Row]) -> bool:
        return not self.mistaken(row) and created.issuperset(self.awaited(row))

    def depths(self) -> dict[Row, int]:
        """Say of each row that can be sent how many passes go before it, by trying."""
        found: dict[Row, int] = {}
        while True:
            created = {row for row in found if row not in self.refused}
            more = [row for row in ROWS if row not in found and self.can_go(row, created)]
            if not more:
                return found
            found |= {row: max((found[one] + 1 for one in self.awaited(row)), default=0) for row in more}


class Journal:
    """Remembers what became of records."""

    def __init__(self):
        self.ids: dict[Row, str] = {}
        self.ended: dict[Row, str] = {}

    def created(self, row: Row, records: int):
        for at in range(records):
            self.ids[row[0], row[1] + at * MEMBER] = to_18(f"001{len(self.ids):012d}")

    async def outcomes(self, file, places):
        ids = {at: key for (number, at), key in self.ids.items() if number == file and at in places}
        return ids, {at: state for (number, at), state in self.ended.items() if number == file and at in places}


def noted(load: Load) -> Links:
    links = Links(FILES, {"Account": "001"})
    for row in ROWS:
        records = [(name, row[1] + at * MEMBER, "Account") for at, name in enumerate(load.names[row])]
        links.note(row, records, load.needs[row])
    links.settle()
    return links


@dataclass
class Loaded:
    passes: dict[Row, int] = field(default_factory=dict)
    """The pass in which a row was sent."""
    codes: dict[Row, set[str]] = field(default_factory=dict)
    """What was said of a row that was not."""


async def load_all(load: Load, *, restarts: set[int]) -> Loaded:
    """Load as a run does: in each pass all rows that can go; what became of them is learned between two passes."""
    loaded, journal, links = Loaded(), Journal(), noted(load)
    for number in range(2 * len(ROWS)):
        if number in restarts:  # a new process knows what the files and the journal say
            links = noted(load)
            await links.learn(journal)
        for row in [row for row in ROWS if row not in loaded.passes and row not in loaded.codes]:
            faults = [fault for name in load.needs[row] if (fault := links.refusal(row, "ParentId", name))]
            if faults:
                loaded.codes[row] = {fault.code for fault in faults}
                journal.ended |= {(row[0], row[1] + at * MEMBER): "rejected_here" for at in range(len(load.names[row]))}
            elif not links.wave(row):
                loaded.passes[row] = number
                for name, awaited in zip(load.needs[row], load.awaited(row), strict=True):
                    assert links.id_for(name) == journal.ids[awaited[0], awaited[1] + load.names[awaited].index(name) * MEMBER]
        for row in [row for row, when in loaded.passes.items() if when == number]:
            places = [(row[0], row[1] + at * MEMBER) for at in range(len(load.names[row]))]
            if row in load.refused:
                journal.ended |= dict.fromkeys(places, "rejected_by_org")
            else:
                journal.created(row, len(places))
        if not await links.learn(journal):
            break
    return loaded


@st.composite
def loads(draw) -> Load:
    """Draw rows with a name or two, now and then one that another has, that refer to a few; some of that is wrong."""
    names = {row: [f"N{row[0]}{row[1]}", *[f"N{row[0]}{row[1]}b"] * draw(st.booleans())] for row in ROWS}
    everything = [name for row in ROWS for name in names[row]]
    if draw(st.integers(0, 5)) == 0:
        names[draw(st.sampled_from(ROWS))].append(draw(st.sampled_from(everything)))
    wrong = st.just(UNKNOWN) if draw(st.integers(0, 3)) == 0 else st.nothing()
    forward = draw(st.booleans())
    needs = {}
    for row in ROWS:
        others = everything if forward else [name for one in ROWS if one < row for name in names[one]]
        few = st.lists(st.sampled_from(others) | wrong if others else wrong, unique=True, max_size=2) if others else st.just([])
        needs[row] = draw(few)
    return Load(names, needs, draw(st.sets(st.sampled_from(ROWS), max_size=2)))


@settings(max_examples=300, deadline=None)
@given(loads(), st.sets(st.integers(1, 4)))
async def test_each_row_is_sent_once_all_that_it_refers_to_has_ids_or_is_refused_with_the_reason(load, restarts):
    loaded = await load_all(load, restarts=restarts)
    assert loaded.passes == load.depths()
    assert loaded.passes.keys() | loaded.codes.keys() == {*ROWS}
    for row, codes in loaded.codes.items():
        assert ("UNKNOWN_REFERENCE" in codes) == load.mistaken(row)


@given(loads())
async def test_a_circle_is_called_so_and_nothing_else_is(load):
    load.refused.clear()
    loaded = await load_all(load, restarts=set())
    sound = [row for row in ROWS if not load.mistaken(row)]
    lost = {row for row in ROWS if load.mistaken(row)}
    while more := {row for row in sound if row not in lost and not lost.isdisjoint(load.awaited(row))}:
        lost |= more
    circular = {row for row in sound if row not in lost and row not in loaded.passes}
    assert circular == {row for row, codes in loaded.codes.items() if "CIRCULAR_REFERENCE" in codes}
    assert all("REFERENCE_REJECTED" in loaded.codes[row] for row in lost if row in sound)


def linked(needs: dict[Row, list[str]], names: dict[Row, list[str]] | None = None) -> Links:
    of_accounts = {row: [f"N{row[1]}"] if row[0] == 1 else [] for row in ROWS}
    return noted(Load(of_accounts | (names or {}), {row: needs.get(row, []) for row in ROWS}))


def said(links: Links, row: Row, name: str) -> str:
    fault = links.refusal(row, "ParentId", name)
    assert fault is not None
    assert fault.fields == ("ParentId",)
    return fault.message


def test_a_name_that_nothing_has_is_told_with_the_nearest():
    links = linked({(2, 1): ["N11"], (2, 2): ["Nobody at all"]})
    assert said(links, (2, 1), "N11").endswith("names no record of these files, by its attributes.referenceId; did you mean @N1?")
    assert "did you mean" not in said(links, (2, 2), "Nobody at all")


def test_a_name_that_two_records_have_is_told_with_both_places():
    links = linked({(2, 1): ["N2"]}, {(1, 4): ["N2"]})
    assert "names two records, line 2 of Account.json and line 4 of Account.json" in said(links, (2, 1), "N2")


def test_a_family_that_refers_to_itself_is_told_so():
    assert "is in its own family" in said(linked({(1, 1): ["N1"]}), (1, 1), "N1")


def test_the_way_of_a_circle_is_told():
    links = linked({(1, 1): ["N2"], (1, 2): ["N3"], (1, 3): ["N2"]})
    way = "leads into a circle: line 1 of Account.json -> line 2 of Account.json -> line 3 of Account.json -> line 2 of"
    assert way in said(links, (1, 1), "N2")


def test_what_refers_to_a_row_that_was_lost_is_told_why_and_so_is_what_refers_to_that():
    links = linked({(1, 2): ["N1"], (1, 3): ["N2"]})
    assert (links.wave((1, 3)), links.waiting) == (2, 2)
    assert links.lose([(1, 1)], "is rejected here")
    assert not links.lose([(1, 1)], "is rejected here"), "that is known"
    assert said(links, (1, 2), "N1") == "ParentId: @N1 is line 1 of Account.json, which is rejected here"
    assert said(links, (1, 3), "N2") == "ParentId: @N2 is line 2 of Account.json, which can't be sent"


def test_as_long_as_an_id_is_not_known_one_of_its_form_stands_for_it():
    links = linked({(1, 2): ["N1"]})
    assert is_record_id(links.id_for("N1"))
    assert links.id_for("N1").startswith("001")
    assert is_record_id(links.id_for(UNKNOWN))


async def test_there_is_no_further_pass_as_long_as_nothing_has_changed():
    links, journal = linked({(1, 2): ["N1"]}), Journal()
    assert not await links.learn(journal)
    journal.created((1, 1), 1)
    assert await links.learn(journal)
    assert not await links.learn(journal)


async def test_a_record_in_a_row_that_the_org_rejected_is_lost_with_it():
    links, journal = linked({(1, 2): ["Nested"]}, {(1, 1): ["N1", "Nested"]}), Journal()
    journal.ended[1, 1 + MEMBER] = "rejected_by_org"
    assert await links.learn(journal)
    assert said(links, (1, 2), "Nested").endswith("is line 1 of Account.json, which was rejected by org")
