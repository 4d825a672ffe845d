"""How many different ids there are."""

import random
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model.record_id import to_18
from pipeline.salesforce import ids
from pipeline.salesforce.ids import count_distinct

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def numbered(number: int) -> str:
    """Return the id that an org would give to its n-th record."""
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = DIGITS[digit] + digits
    return to_18("003ak0000" + digits)


def chunks_of(many: list[str], size: int = 200) -> Callable[[], Iterator[bytes]]:
    joined = ["".join(many[start : start + size]).encode() for start in range(0, len(many), size)]
    return lambda: iter(joined)


@given(st.lists(st.integers(0, 60).map(numbered), max_size=80), st.integers(1, 9), st.randoms(use_true_random=False))
def test_distinct_ids_are_counted_in_any_order(many: list[str], size: int, dice: random.Random):
    dice.shuffle(many)
    assert count_distinct(chunks_of(many, size)) == len(set(many))


@given(st.lists(st.integers(0, 90).map(numbered), max_size=120), st.integers(1, 9))
@settings(max_examples=200)
def test_distinct_ids_are_counted_right_when_little_may_be_held(many: list[str], size: int):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ids, "_HELD_IDS", 10)
        patch.setattr(ids, "_HELD_SPANS", 6)
        assert count_distinct(chunks_of(many, size)) == len(set(many))


@given(st.lists(st.integers(0, 40).map(numbered), max_size=120), st.integers(1, 3))
def test_ids_that_come_twice_side_by_side_are_counted_right_when_little_may_be_held(many: list[str], size: int):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ids, "_HELD_SPANS", 6)
        assert count_distinct(chunks_of(sorted(many), size)) == len(set(many))


def test_chunks_that_do_not_overlap_are_read_once():
    many = [numbered(number) for number in range(5_000)]
    chunks = list(chunks_of(many)())
    chunks.sort(key=lambda chunk: chunk[::-1])
    reads: list[int] = []

    def read() -> Iterator[bytes]:
        reads.append(1)
        return iter(chunks)

    assert count_distinct(read) == 5_000
    assert len(reads) == 1


def test_an_id_that_comes_in_two_chunks_counts_once():
    many = [numbered(number) for number in range(1_000)]
    assert count_distinct(chunks_of([*many, many[17]])) == 1_000


def test_an_id_that_comes_twice_in_a_chunk_counts_once():
    assert count_distinct(chunks_of([numbered(1), numbered(1), numbered(2)])) == 2


def test_a_large_shuffled_load_is_counted_in_parts_that_may_be_held(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ids, "_HELD_IDS", 1_000)
    held: list[int] = []
    gather = ids._gather  # noqa: SLF001 - the promise is about what is held inside

    def watched(*arguments: object) -> set[bytes]:
        found = gather(*arguments)  # type: ignore[arg-type]
        held.append(len(found))
        return found

    monkeypatch.setattr(ids, "_gather", watched)
    many = [numbered(number) for number in range(5_000)]
    many.sort(key=lambda text: text[::-1])
    assert count_distinct(chunks_of(many)) == 5_000
    assert sum(held) == 5_000
    assert max(held) < 1_300


def test_many_small_overlaps_are_gathered_without_looking_at_any_id_twice(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ids, "_HELD_IDS", 1_000)
    parts: list[object] = []
    gather = ids._gather  # noqa: SLF001 - the promise is about what is looked at inside

    def watched(*arguments: object) -> set[bytes]:
        parts.append(arguments[-1])
        return gather(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ids, "_gather", watched)
    many = [
        numbered(number) for group in range(0, 5_000, 400) for half in (0, 1) for number in range(group + half, group + 400, 2)
    ]
    assert count_distinct(chunks_of(many)) == len(many)
    assert set(parts) == {1}


def test_nothing_has_no_ids():
    assert count_distinct(lambda: iter([])) == 0
    assert count_distinct(lambda: iter([b""])) == 0


def test_ids_of_an_org_ascend_as_bytes():
    assert all(one < other for one, other in pairwise(numbered(number).encode() for number in range(50, 4_000)))
