"""What the org's answers say of requests in doubt."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.policy.evidence import (
    Absent,
    Exists,
    Finding,
    Holder,
    Partly,
    Row,
    Seen,
    Unclear,
    by_key,
    by_marker,
    by_values,
    row_by_row,
    settled,
)

# ------------------------------------------------------------------ when a finding counts


@pytest.mark.parametrize(
    ("finding", "before", "after"),
    [
        (Exists({2: "a"}), True, True),
        (Absent("nothing"), False, True),
        (Absent("refused", certain=True), True, True),
        (Unclear("both"), False, True),
    ],
)
def test_only_what_no_late_execution_can_change_counts_before_the_window_closes(finding: Finding, *, before: bool, after: bool):
    assert (settled(finding, window_closed=False), settled(finding, window_closed=True)) == (before, after)


# ------------------------------------------------------------------ markers

MARKERS = {2: "7fa1-r1_2", 3: "7fa1-r1_3"}


def test_all_markers_found_prove_the_request():
    assert by_marker(MARKERS, {"7FA1-R1_3": "id3", "7fa1-r1_2": "id2", "7fa1-r1_9": "id9"}) == Exists({2: "id2", 3: "id3"})


def test_no_marker_found_says_that_nothing_is_there_yet():
    assert by_marker(MARKERS, {"7fa1-r1_9": "id9"}) == Absent("no record has a marker of this request")


def test_a_marker_that_is_missing_leaves_a_doubt():
    finding = by_marker(MARKERS, {"7fa1-r1_2": "id2"})
    assert finding == Unclear("the request was executed, but 1 of its records can't be seen: deleted or hidden since")


@given(st.dictionaries(st.integers(1, 9), st.text("ab-", min_size=1), min_size=1), st.data())
def test_a_request_exists_only_with_every_marker(markers: dict[int, str], data: st.DataObject):
    found = data.draw(st.dictionaries(st.sampled_from(sorted(markers.values())).map(str.upper), st.text(max_size=3)))
    there = {line: found[marker.upper()] for line, marker in markers.items() if marker.upper() in found}
    match by_marker(markers, found):
        case Exists(ids):
            assert ids == there
            assert ids.keys() == markers.keys()
        case Absent(_, certain):
            assert not there
            assert not certain
        case Unclear():
            assert 0 < len(there) < len(markers)
        case Partly():
            pytest.fail("such a request creates all of its records or none")


# ------------------------------------------------------------------ keys

KEYS = {2: "K-2", 3: "K-3"}


def held(number: int, key: str | None = None, *, ours: bool = True) -> Holder:
    return Holder(f"id{number}", key or f"K-{number}", ours=ours)


def test_all_keys_held_by_ours_prove_the_request():
    assert by_key(KEYS, [held(3, " k-3"), held(2), held(9)], claimed=["id9"]) == Exists({2: "id2", 3: "id3"})


def test_no_key_found_says_that_nothing_is_there_yet():
    assert by_key(KEYS, [held(9, ours=False)], claimed=[]) == Absent("no record has a key of this request")


def test_some_keys_found_leave_a_doubt():
    finding = by_key(KEYS, [held(2)], claimed=[])
    assert isinstance(finding, Unclear)
    assert "1 of its records can't be seen" in finding.reason


@pytest.mark.parametrize(
    "found", [[held(2, ours=False)], [held(2, ours=False), held(3)], [held(2, ours=False), held(3, ours=False)]]
)
def test_a_key_of_a_record_that_is_not_ours_proves_that_the_request_was_refused(found: list[Holder]):
    finding = by_key(KEYS, found, claimed=[])
    assert isinstance(finding, Absent)
    assert finding.certain


def test_a_key_of_another_row_proves_that_the_request_was_refused():
    finding = by_key(KEYS, [held(2), held(3)], claimed={"id3"})
    assert finding == Absent("1 of its keys belong to other records, so the org can't have taken it", certain=True)


@pytest.mark.parametrize("found", [[], [held(2)], [held(2, ours=False)]])
def test_rows_with_the_same_key_prove_that_the_request_was_refused(found: list[Holder]):
    finding = by_key({2: "K-2", 3: "K-2 "}, found, claimed=[])
    assert isinstance(finding, Absent)
    assert finding.certain


def test_keys_that_differ_by_case_only_may_be_different_keys():
    keys = {2: "abc", 3: "ABC"}
    assert by_key(keys, [held(2, "abc"), held(3, "ABC")], claimed=[]) == Exists({2: "id2", 3: "id3"})
    finding = by_key(keys, [held(2, "abc")], claimed=[])
    assert isinstance(finding, Unclear)


def test_two_records_with_one_key_prove_nothing():
    finding = by_key(KEYS, [held(2, ours=False), held(5, "k-2"), held(3)], claimed=[])
    assert isinstance(finding, Unclear)
    assert "not unique" in finding.reason


def test_a_record_that_is_listed_twice_is_one():
    assert by_key({2: "K-2"}, [held(2), held(2)], claimed=[]) == Exists({2: "id2"})


# ------------------------------------------------------------------ values, case by case


def rows(*contents: Mapping[str, object], first: int = 2) -> list[Row]:
    return [Row(line, content) for line, content in enumerate(contents, first)]


def seen(*contents: Mapping[str, object]) -> list[Seen]:
    return [Seen(f"id{number}", content) for number, content in enumerate(contents)]


ANN, BOB, CAT = {"LastName": "Ann", "Age": 5}, {"LastName": "Bob"}, {"LastName": "Cat"}


def test_records_with_all_of_its_values_prove_the_chunk():
    defaulted = {**BOB, "Age": None, "Status": "New"}
    assert by_values({7: rows(ANN, BOB)}, seen(defaulted, ANN), control=False) == {7: Exists({2: "id1", 3: "id0"})}


def test_equal_rows_get_their_records_in_order():
    finding = by_values({7: rows(BOB, ANN, BOB)}, reversed(seen(BOB, BOB, ANN)), control=True)
    assert finding == {7: Exists({2: "id0", 4: "id1", 3: "id2"})}


def test_nothing_found_proves_absence_only_if_known_records_are_seen():
    assert isinstance(by_values({7: rows(ANN)}, [], control=True)[7], Absent)
    finding = by_values({7: rows(ANN)}, [], control=False)[7]
    assert isinstance(finding, Unclear)
    assert "aren't seen by the query either" in finding.reason


def test_absence_is_never_certain():
    finding = by_values({7: rows(ANN)}, [], control=True)[7]
    assert not settled(finding, window_closed=False)


def test_a_record_that_fits_nothing_may_be_one_that_was_changed():
    findings = by_values({7: rows(ANN), 8: rows(BOB)}, seen(ANN, CAT), control=True)
    assert findings[7] == Exists({2: "id0"})
    assert isinstance(findings[8], Unclear)
    assert "but 1 that this user created" in findings[8].reason


def test_records_of_a_chunk_that_exists_explain_themselves():
    findings = by_values({7: rows(ANN), 8: rows(BOB)}, seen(ANN), control=True)
    assert findings[7] == Exists({2: "id0"})
    assert isinstance(findings[8], Absent)


@pytest.mark.parametrize("found", [[ANN], [ANN, BOB, BOB], [ANN, ANN, BOB]])
def test_too_few_or_too_many_records_prove_nothing(found: list[Mapping[str, object]]):
    finding = by_values({7: rows(ANN, BOB)}, seen(*found), control=True)[7]
    assert isinstance(finding, Unclear)
    assert "of its 2 rows" in finding.reason


@pytest.mark.parametrize(("one", "other"), [(BOB, BOB), (BOB, {**BOB, "Age": 5}), ({"Age": 5}, BOB)])
def test_a_record_that_fits_two_chunks_proves_neither(one: Mapping[str, object], other: Mapping[str, object]):
    findings = by_values({7: rows(one), 8: rows(other, first=9)}, seen({"LastName": "Bob", "Age": 5}), control=True)
    assert all(isinstance(finding, Unclear) for finding in findings.values())


def test_a_record_that_fits_two_contents_of_a_chunk_proves_nothing():
    found = seen({"LastName": "Bob", "Age": 5}, {"LastName": "Bob", "Age": 6})
    assert isinstance(by_values({7: rows(BOB, {"Age": 5})}, found, control=True)[7], Unclear)


def test_a_row_without_values_fits_everything():
    assert isinstance(by_values({7: rows({}, ANN)}, seen({}, ANN), control=True)[7], Unclear)
    assert by_values({7: rows({}, {})}, seen({}, BOB), control=True)[7] == Exists({2: "id0", 3: "id1"})


@pytest.mark.parametrize(
    ("absent", "exists", "found", "verdict"),
    [
        ({"LastName": "Ann", "Age": 5}, {"LastName": "Ann"}, {"LastName": "Ann", "Age": 6}, Unclear),
        ({"LastName": "Bob", "Age": 5}, {"LastName": "Ann"}, {"LastName": "Ann", "Age": 6}, Absent),
        ({"LastName": "Ann"}, {"LastName": "Bob", "Age": 5}, {"LastName": "Bob", "Age": 5}, Absent),
        ({"Age": 5}, {}, {"Age": 6}, Unclear),
    ],
)
def test_a_record_that_says_nothing_against_a_row_with_more_fields_may_be_that_row_changed(absent, exists, found, verdict):
    findings = by_values({7: rows(absent), 8: rows(exists, first=9)}, seen(found), control=True)
    assert isinstance(findings[8], Exists)
    assert isinstance(findings[7], verdict)


def test_a_record_that_is_listed_twice_counts_once():
    assert by_values({7: rows(ANN)}, seen(ANN) * 2, control=True) == {7: Exists({2: "id0"})}


def test_rows_of_many_shapes_are_told_apart():
    shapes = [{f"F{bit}": number for bit in range(9) if number >> bit & 1} for number in range(1, 512)]
    contents = [{"LastName": f"n{number}", **shape} for number, shape in enumerate(shapes)]
    doubts = {chunk: rows(*contents[chunk * 73 : chunk * 73 + 73]) for chunk in range(7)}
    findings = by_values(doubts, seen(*contents[:73], *contents[146:219]), control=True)
    assert [type(finding) for finding in findings.values()] == [Exists, Absent, Exists, *[Absent] * 4]


# ------------------------------------------------------------------ values, against a simulated truth

CHANGED = "changed by a trigger"
"""A value that no row has: a trigger that makes one row's values into another's can't be noticed."""

values = st.integers(0, 2)
contents = st.dictionaries(st.sampled_from(["A", "B", "C"]), values, max_size=3)


@dataclass(frozen=True)
class Truth:
    """What was sent, what became of it, and what else there is in the org."""

    doubts: Mapping[int, Sequence[Row]]
    executed: frozenset[int]
    own: Mapping[int, Sequence[Mapping[str, object]]]
    """The records of each chunk that was executed, as they are now."""
    others: Sequence[Mapping[str, object]]
    control: bool

    def found(self) -> list[Seen]:
        return seen(*chain.from_iterable(self.own.values()), *self.others)

    def of(self, chunk: int) -> set[str]:
        """Return the ids of a chunk's records."""
        ids = iter(self.found())
        owned = {number: {next(ids).id for _ in records} for number, records in self.own.items()}
        return owned.get(chunk, set())


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    sent = draw(st.lists(st.lists(contents, min_size=1, max_size=4), min_size=1, max_size=4))
    doubts = {number: rows(*chunk, first=number * 10) for number, chunk in enumerate(sent)}
    executed = frozenset(number for number in doubts if draw(st.booleans()))
    defaults = draw(contents)
    changes: st.SearchStrategy[dict[str, object]] = st.dictionaries(st.sampled_from(["A", "B"]), st.just(CHANGED), max_size=1)
    own = {number: [{**defaults, **row.values, **draw(changes)} for row in doubts[number]] for number in executed}
    others = draw(st.lists(contents | st.sampled_from(list(chain.from_iterable(sent))), max_size=4))
    return Truth(doubts, executed, own, others, draw(st.booleans()))


def fits(record: Mapping[str, object], content: Mapping[str, object]) -> bool:
    return all(field in record and record[field] == value for field, value in content.items())


@given(truths())
def test_what_was_not_executed_exists_only_if_others_wrote_all_of_it(truth: Truth):
    for chunk, finding in by_values(truth.doubts, truth.found(), control=truth.control).items():
        if isinstance(finding, Exists) and chunk not in truth.executed:
            changed = [record for own in truth.own.values() for record in own if CHANGED in record.values()]
            for row in truth.doubts[chunk]:
                alike = sum(row.values == other.values for other in truth.doubts[chunk])
                assert sum(fits(record, row.values) for record in (*truth.others, *changed)) >= alike


@given(truths())
def test_what_was_executed_is_never_said_to_be_absent(truth: Truth):
    findings = by_values(truth.doubts, truth.found(), control=truth.control)
    for chunk in truth.executed:
        assert not isinstance(findings[chunk], Absent)


@given(truths())
def test_what_exists_has_a_fitting_record_for_each_line_and_no_record_twice(truth: Truth):
    found = {record.id: record.values for record in truth.found()}
    findings = by_values(truth.doubts, truth.found(), control=truth.control)
    assert list(findings) == list(truth.doubts)
    given_ids: list[str] = []
    for chunk, finding in findings.items():
        if isinstance(finding, Exists):
            assert sorted(finding.ids) == [row.line for row in truth.doubts[chunk]]
            assert all(fits(found[finding.ids[row.line]], row.values) for row in truth.doubts[chunk])
            given_ids += finding.ids.values()
    assert len(set(given_ids)) == len(given_ids)


@given(truths())
def test_without_control_nothing_is_absent(truth: Truth):
    findings = by_values(truth.doubts, truth.found(), control=False)
    assert not any(isinstance(finding, Absent) for finding in findings.values())


@given(
    st.lists(st.integers(0, 99), unique=True, min_size=1, max_size=30),
    st.integers(1, 7),
    st.sets(st.integers(0, 30)),
    st.dictionaries(st.sampled_from(["Status", "Owner"]), values),
    st.randoms(use_true_random=False),
)
def test_distinct_rows_among_no_others_are_all_decided_rightly(names, size, executed, defaults, dice):
    sent = [{"LastName": name, "Age": name % 3} for name in names]
    doubts = {start // size: rows(*sent[start : start + size], first=start) for start in range(0, len(sent), size)}
    own = {chunk: [{**defaults, **row.values} for row in doubts[chunk]] for chunk in doubts if chunk in executed}
    truth = Truth(doubts, frozenset(own), own, (), control=True)
    found = truth.found()
    dice.shuffle(found)
    for chunk, finding in by_values(doubts, found, control=True).items():
        if chunk in executed:
            assert isinstance(finding, Exists)
            assert set(finding.ids.values()) == truth.of(chunk)
        else:
            assert isinstance(finding, Absent)


@given(truths())
def test_each_record_that_is_not_its_own_is_explained_where_a_chunk_is_absent(truth: Truth):
    findings = by_values(truth.doubts, truth.found(), control=True)
    if any(isinstance(finding, Absent) for finding in findings.values()):
        taken = Counter(chain.from_iterable(finding.ids.values() for finding in findings.values() if isinstance(finding, Exists)))
        assert taken.keys() == {record.id for record in truth.found()}


# ------------------------------------------------------------------ requests that aren't atomic


def test_a_request_that_is_not_atomic_may_have_been_done_in_part():
    finding = by_marker(MARKERS, {"7fa1-r1_2": "id2"}, whole=False)
    assert finding == Partly({2: "id2"}, "1 of its records are not there")
    assert (settled(finding, window_closed=False), settled(finding, window_closed=True)) == (False, True)
    assert by_marker(MARKERS, {}, whole=False) == Absent("no record has a marker of this request")


def test_by_key_each_row_of_such_a_request_is_judged_by_itself():
    keys = {2: "a", 3: "b", 4: "c"}
    holders = [Holder("id2", "A", ours=True), Holder("other", "b", ours=False)]
    assert by_key(keys, holders, set(), whole=False) == Partly({2: "id2"}, "2 of its records are not there")
    claimed = by_key({2: "a", 3: "b"}, holders, {"id2"}, whole=False)
    assert claimed == Absent("2 of its keys belong to other records, so the org can't have taken it", certain=True)
    twice = {2: "a", 3: "a", 4: "c"}
    assert isinstance(by_key(twice, holders, set(), whole=False), Unclear)
    assert by_key(twice, [], set(), whole=False) == Absent("no record has a key of this request")


def test_by_values_its_rows_are_put_together_from_what_each_of_them_shows():
    there, gone = Exists({2: "id2"}), Absent("nothing fits")
    assert row_by_row({2: there, 3: Exists({3: "id3"})}) == Exists({2: "id2", 3: "id3"})
    assert row_by_row({2: there, 3: gone}) == Partly({2: "id2"}, "1 of its records are not there")
    assert row_by_row({2: gone, 3: gone}) == gone
    assert row_by_row({2: there, 3: Unclear("?")}) == Unclear("?")
