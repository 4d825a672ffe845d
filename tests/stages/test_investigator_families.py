"""Families looked for: what hangs under records that were found, told apart by a memory of what was sent and an org in memory."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import AccessRefused, OrgUnavailable, UsageError
from pipeline.model.pending import Pending
from pipeline.model.record import MEMBER
from pipeline.policy.evidence import Absent, Exists, Unclear
from pipeline.stages.investigator.by_object import SHARED, ByObject
from pipeline.stages.investigator.looking import Found, SentBelow
from pipeline.stages.investigator.with_kin import NOT_TOLD, TOO_MANY, Memory, WithKin

SENT_AT = "2026-11-22T12:00:00Z"
LINKS = {"Contact": ("Contact", "AccountId"), "Deal": ("Opportunity", "AccountId"), "Member": ("CampaignMember", "ContactId")}
TYPES = {
    "Account": {"Name": "string"},
    "Contact": {"Name": "string", "AccountId": "reference"},
    "Opportunity": {"Name": "string", "AccountId": "reference"},
    "CampaignMember": {"Name": "string", "ContactId": "reference"},
}
ABSENT = Absent("nothing there")


@dataclass
class Org:
    """Answers questions of what hangs under records; `ids[place]` is what really became of what was sent."""

    records: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    """Object and fields by id."""
    ids: dict[tuple[int, int], str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    silent: bool = False

    def add(self, name: str, fields: dict[str, str]) -> str:
        key = f"{name} {len(self.records)}"
        self.records[key] = name, fields
        return key

    async def ask(self, question: str):
        self.asked.append(question)
        if self.silent:
            return None
        found = re.fullmatch(r"SELECT (.+) FROM (\w+) WHERE (\w+) IN \((.+)\)", question)
        assert found is not None
        columns, name, link, parents = found[1].split(", "), found[2], found[3], set(re.findall(r"'([^']*)'", found[4]))
        return [
            {column: ({"Id": key} | fields).get(column) for column in columns}
            for key, (kind, fields) in reversed(self.records.items())
            if kind == name and fields.get(link) in parents
        ]


@dataclass
class Canned:
    """Finds what it was told to find."""

    findings: dict[int, object]
    """By chunk; an error is raised."""
    way: str = "marker"
    heard: list[tuple[list[int], list[int]]] = field(default_factory=list)

    async def find(self, waiting: Sequence[Pending], others: Sequence[Pending] = ()):
        self.heard.append(([each.chunk for each in waiting], [each.chunk for each in others]))
        found = [self.findings[each.chunk] for each in waiting]
        for each in found:
            if isinstance(each, Exception):
                raise each
        return [Found(pending, finding) for pending, finding in zip(waiting, found, strict=True)]  # type: ignore[arg-type]


@st.composite
def families(draw):
    """Draw accounts with contacts and deals, and members under the contacts; few names, so that many are alike."""
    names = st.sampled_from("ab")
    member = st.tuples(st.just("Member"), names, st.just([]))
    contact = st.tuples(st.just("Contact"), names, st.lists(member, max_size=2))
    deal = st.tuples(st.just("Deal"), names, st.just([]))
    return draw(st.lists(st.tuples(names, st.lists(contact | deal, max_size=4)), min_size=1, max_size=4))


@dataclass
class Case:
    """Families that were sent as one request, and an org that has them."""

    org: Org
    sent: dict[tuple[int, int], list[SentBelow]]
    own: dict[tuple[int, int], dict[str, str]]
    more_kin: tuple[tuple[int, int], ...] = ()
    """What was sent, too, and isn't made of the rows any more."""

    @classmethod
    def of(cls, drawn) -> "Case":
        case = cls(Org(), {}, {})
        for line, (name, below) in enumerate(drawn, start=2):
            case.own[1, line] = {"Name": name}
            case.org.ids[1, line] = case.org.add("Account", {"Name": name})
            case.sent[1, line] = []
            case._hang(line, (1, line), below)
        return case

    def _hang(self, line: int, parent: tuple[int, int], below) -> None:
        for kind, name, further in below:
            place = (1, line + (len(self.sent[1, line]) + 1) * MEMBER)
            link = LINKS[kind]
            self.sent[1, line].append(SentBelow(place, parent, link, {"Name": name}))
            self.org.ids[place] = self.org.add(link[0], {"Name": name, link[1]: self.org.ids[parent]})
            self._hang(line, place, further)

    @property
    def pending(self) -> Pending:
        kin = tuple(one.place for below in self.sent.values() for one in below) + self.more_kin
        return Pending(1, 1, tuple(line for _, line in self.own), SENT_AT, "no reply", kin=kin, object="Account")

    async def find(self, way: str = "marker", ids: dict[int, str] | None = None) -> Found:
        async def rows(waiting):
            return {(each.file, line): self.own[each.file, line] for each in waiting for line in each.lines}

        async def kin(waiting):
            return {(each.file, line): self.sent[each.file, line] for each in waiting for line in each.lines}

        found = ids or {line: self.org.ids[1, line] for _, line in self.own}
        look = Canned({1: Exists(found)}, way)
        (answer,) = await WithKin(look, self.org, Memory(rows, kin, TYPES)).find([self.pending])  # type: ignore[arg-type]
        return answer


def assert_each_has_an_id_of_its_own_kind(case: Case, finding: Exists) -> None:
    """Allow that records that are alike stand for each other, each under the one that stands for its parent."""
    ids = {(1, line): key for line, key in finding.ids.items()} | {**finding.kin}
    assert len({*ids.values()}) == len(ids) == len(case.org.ids)
    for below in case.sent.values():
        for one in below:
            name, fields = case.org.records[ids[one.place]]
            assert (name, fields) == (one.link[0], {**one.values, one.link[1]: ids[one.parent]})


@given(families(), st.sampled_from(["marker", "key"]))
async def test_of_families_that_are_there_as_they_were_sent_each_record_gets_an_id(drawn, way):
    case = Case.of(drawn)
    found = await case.find(way)
    assert isinstance(found.finding, Exists)
    assert_each_has_an_id_of_its_own_kind(case, found.finding)
    assert found.finding.ids == {line: case.org.ids[1, line] for _, line in case.own}


@given(families(), st.randoms(use_true_random=False))
async def test_found_by_values_alike_families_may_stand_for_each_other_but_none_is_cut(drawn, dice):
    case = Case.of(drawn)
    shuffled: dict[int, str] = {}
    for name in "ab":  # what was found by values is given to equal rows in any order
        lines = [line for (_, line), fields in case.own.items() if fields["Name"] == name]
        keys = [case.org.ids[1, line] for line in lines]
        dice.shuffle(keys)
        shuffled |= dict(zip(lines, keys, strict=True))
    found = await case.find("values", shuffled)
    assert isinstance(found.finding, Exists)
    assert_each_has_an_id_of_its_own_kind(case, found.finding)


@given(families(), st.data())
async def test_where_a_record_is_gone_or_changed_or_one_more_is_alike_nothing_is_guessed(drawn, data):
    case = Case.of(drawn)
    below = [one for sent in case.sent.values() for one in sent]
    if not below:
        return
    one = data.draw(st.sampled_from(below))
    key = case.org.ids[one.place]
    match data.draw(st.sampled_from(["gone", "changed", "one more"])):
        case "gone":
            del case.org.records[key]
        case "changed":
            case.org.records[key] = case.org.records[key][0], case.org.records[key][1] | {"Name": "z"}
        case _:
            twin = case.org.add(*case.org.records[key])
            for name, fields in [*case.org.records.values()]:  # with all that hangs under it
                if fields.get("ContactId") == key:
                    case.org.add(name, fields | {"ContactId": twin})
    assert (await case.find()).finding == NOT_TOLD


@given(families())
async def test_what_others_hang_there_is_not_taken_for_what_was_sent(drawn):
    case = Case.of(drawn)
    case.org.add("Contact", {"Name": "another", "AccountId": case.org.ids[1, 2]})
    finding = (await case.find()).finding
    assert isinstance(finding, Exists)
    assert_each_has_an_id_of_its_own_kind(case, finding)


async def test_one_record_found_for_two_rows_is_neithers():
    case = Case.of([("a", [("Deal", "b", [])])] * 2)
    same = case.org.ids[1, 2]
    assert (await case.find("key", {2: same, 3: same})).finding == NOT_TOLD


FAMILY = [("a", [("Contact", "a", [("Member", "a", [])]), ("Deal", "b", [])])]


async def test_each_level_and_link_costs_one_question():
    case = Case.of(FAMILY * 3)
    found = await case.find()
    assert [question.split(" FROM ")[1].split()[0] for question in case.org.asked] == ["Contact", "Opportunity", "CampaignMember"]
    assert found.question == case.org.asked[-1]


async def test_a_question_with_too_many_answers_is_not_believed_to_its_first_page():
    case = Case.of(FAMILY)
    case.org.silent = True
    assert (await case.find()).finding == TOO_MANY


async def test_what_rows_make_now_must_be_what_they_made_when_they_were_sent():
    case = Case.of(FAMILY)
    case.more_kin = ((1, 2 + 9 * MEMBER),)
    finding = (await case.find()).finding
    assert finding == Unclear("what its rows make now isn't what they made when they were sent")
    assert case.org.asked == []


async def test_what_is_not_there_is_not_asked_further():
    async def never(_):
        raise AssertionError

    case = Case.of(FAMILY)
    look = Canned({1: ABSENT})
    (found,) = await WithKin(look, case.org, Memory(never, never, TYPES)).find([case.pending])  # type: ignore[arg-type]
    assert (found.finding, case.org.asked) == (ABSENT, [])


def doubt(chunk: int) -> Pending:
    return Pending(chunk, 1, (chunk,), SENT_AT, "no reply")


WAYS = ("marker", "key", "values")


@given(st.dictionaries(st.integers(1, 12), st.sampled_from(WAYS), min_size=1), st.data())
async def test_each_is_looked_for_once_in_its_own_way_and_every_other_is_told_of(ways, data):
    ids = {chunk: data.draw(st.sampled_from("ABCDEFGH")) for chunk in ways}
    looks = {way: Canned({chunk: Exists({chunk: key}) for chunk, key in ids.items()}, way) for way in WAYS}
    waiting, others = [doubt(chunk) for chunk in ways], [doubt(99)]
    found = await ByObject(lambda pending: looks[ways[pending.chunk]]).find(waiting, others)
    assert {each.pending.chunk: each.way for each in found} == ways
    assert len(found) == len(ways)
    for way, look in looks.items():
        mine = [chunk for chunk in ways if ways[chunk] == way]
        assert [heard for heard, _ in look.heard] == [mine] * bool(mine)
        assert all(sorted(rest) == sorted([99, *ways.keys() - {*mine}]) for _, rest in look.heard)
    times = Counter(ids.values())
    for each in found:
        shared = times[ids[each.pending.chunk]] > 1
        assert each.finding == (SHARED if shared else Exists({each.pending.chunk: ids[each.pending.chunk]}))


async def test_a_record_found_as_the_kin_of_two_is_believed_of_none():
    twice = [Exists({chunk: f"own {chunk}"}, {(1, chunk + MEMBER): "the same"}) for chunk in (1, 2)]
    look = Canned({1: twice[0], 2: twice[1], 3: Exists({3: "own 3"})})
    found = await ByObject(lambda _: look).find([doubt(1), doubt(2), doubt(3)])
    assert [each.finding for each in found] == [SHARED, SHARED, Exists({3: "own 3"})]


@pytest.mark.parametrize("error", [UsageError("a field is gone"), AccessRefused("you may not")])
async def test_a_way_that_is_barred_leaves_the_others_open(error):
    looks = {1: Canned({1: error}, "values"), 2: Canned({2: Exists({2: "id"})})}
    found = await ByObject(lambda pending: looks[pending.chunk]).find([doubt(1), doubt(2)])
    assert found == [
        Found(doubt(1), Unclear(str(error)), final=True, way="values"),
        Found(doubt(2), Exists({2: "id"}), way="marker"),
    ]


async def test_an_org_that_does_not_answer_ends_the_question_for_all():
    looks = {1: Canned({1: Exists({1: "id"})}), 2: Canned({2: OrgUnavailable("time-out")})}
    with pytest.raises(OrgUnavailable):
        await ByObject(lambda pending: looks[pending.chunk]).find([doubt(1), doubt(2)])
