"""Families in a chunk: in or out as a whole, and each record of them named once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.lifecycle import RowState
from pipeline.model.record import FAMILY_CODE, MEMBER, Chunk, Ending, FieldError, Kin, member_reference, place_of

ENDING = Ending(RowState.REJECTED_BY_ORG, (FieldError("WRONG", "x"),))


def chunk(sizes: list[int]) -> Chunk:
    lines = list(range(2, 2 + len(sizes)))
    names = [f"r1_{line}" for line in lines]
    kin = [
        tuple(
            Kin("Contact", member_reference(1, line + at * MEMBER), line + at * MEMBER, 1, 0, f"r1_{line}", "Contacts")
            for at in range(1, size + 1)
        )
        for line, size in zip(lines, sizes, strict=True)
    ]
    return Chunk(1, 1, lines, lines[:], [b"{}"] * len(lines), [b"x\n"] * len(lines), names, object="Account", kin=kin)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.data())
def test_a_family_of_which_any_record_is_named_goes_out_as_a_whole(sizes, data):
    whole = chunk(sizes)
    before, places = whole.names(), dict(zip(whole.names(), whole.places(), strict=True))
    named = data.draw(st.sets(st.sampled_from(before)))
    ends = whole.leave_out(dict.fromkeys(named, ENDING))
    out = [member_reference(1, end.line) for end in ends]
    assert sorted(out + whole.names()) == sorted(before)
    lines = {places[name][1] & (MEMBER - 1) for name in named}
    assert {end.line & (MEMBER - 1) for end in ends} == lines
    assert lines.isdisjoint(whole.lines)
    for end, name in zip(ends, out, strict=True):
        assert end.ending.errors[0].code == ("WRONG" if name in named else FAMILY_CODE)
        assert bool(end.source) == (end.line < MEMBER)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=8), st.data())
def test_what_is_taken_from_the_front_and_put_back_leaves_everything_as_it_was(sizes, data):
    whole, same = chunk(sizes), chunk(sizes)
    front = whole.take_front(data.draw(st.integers(1, len(sizes) - 1)), 7)
    assert front.names() + whole.names() == same.names()
    assert front.size + whole.size == same.size
    whole.put_back(front)
    assert (whole.names(), whole.places(), whole.lines) == (same.names(), same.places(), same.lines)


@given(st.integers(1, 1000), st.integers(1, MEMBER - 1), st.integers(0, 200))
def test_a_reference_leads_back_to_its_place(file, line, number):
    assert place_of(member_reference(file, line + number * MEMBER)) == (file, line + number * MEMBER)


@given(st.text(max_size=12) | st.from_regex(r"r?[0-9_]{1,9}", fullmatch=True))
def test_no_other_text_is_a_reference(text):
    place = place_of(text)
    assert place is None or member_reference(*place) == text


@pytest.mark.parametrize("text", ["", "r1", "r0_2", "r1_0", "r1_2_0", "r01_2", "r1_²", "r1_2_1 ", f"r1_{MEMBER}"])
def test_what_is_nearly_one_is_none(text):
    assert place_of(text) is None
