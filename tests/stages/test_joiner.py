import gc
import tracemalloc
from collections import Counter, defaultdict
from contextlib import contextmanager
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.aside import heaps, spool
from pipeline.errors import ExitCode
from pipeline.model.row import CellBlock
from pipeline.stages import joiner as joiner_module
from pipeline.stages.joiner import Joiner, Reason, cut
from pipeline.stop import Stop

KEYS = st.sampled_from(["", "a", "b", "c", "d", "e"])
MOST = 3


def digest(key: str) -> bytes:
    return blake2b(key.encode(), digest_size=16).digest() if key else b""


def block(rows: list[tuple[int, str]]) -> CellBlock:
    lines = [line for line, _ in rows]
    return CellBlock(lines, [line * 10 for line in lines], [b"row %d of %s" % (line, key.encode()) for line, key in rows])


def placed(keys: list[str]) -> list[tuple[int, str]]:
    return list(enumerate(keys, start=2))


def never(_file: int, _line: int) -> bool:
    return False


@contextmanager
def opened(folder, most=MOST):
    joiner = Joiner(folder, most=most)
    try:
        yield joiner
    finally:
        joiner.close()


def expected(parents, children, left_out):
    """Say by dicts in memory whose each child is, or why it is nobody's; and which parents can't be loaded."""
    at = defaultdict(list)
    for file, rows in parents.items():
        for line, key in rows:
            at[key].append((file, line))
    for key, places in at.items():
        at[key] = [place for place in places if place not in left_out] or places[:1] if len(places) > 1 else places
    asked = Counter(key for rows in children.values() for _, key in rows if key)
    whose, why, wrong = {}, {}, {}
    for file, rows in children.items():
        for line, key in rows:
            if not key:
                why[file, line] = Reason.NO_KEY
            elif not at[key]:
                why[file, line] = Reason.NO_PARENT
            elif len(at[key]) > 1:
                why[file, line] = Reason.SEVERAL
                wrong |= dict.fromkeys(at[key], Reason.SEVERAL)
            elif asked[key] > MOST:
                why[file, line] = wrong[at[key][0]] = Reason.TOO_LARGE
            else:
                whose[file, line] = at[key][0]
    return whose, why, wrong


async def joined(folder, parents, children, left_out, size):
    with opened(folder) as joiner:
        for take, files in ((joiner.take_parents, parents), (joiner.take_children, children)):
            for file, rows in files.items():
                for start in range(0, len(rows), size):
                    part = rows[start : start + size]
                    digests = [digest(key) for _, key in part]
                    take(file, [line for line, _ in part] if take == joiner.take_parents else block(part), digests)
        await joiner.match(Stop(), lambda file, line: (file, line) in left_out)
        whose, wrong = {}, {}
        for file, rows in {**parents, **children}.items():
            for start in range(0, len(rows), size + 1):
                lines = [line for line, _ in rows[start : start + size + 1]]
                below = joiner.below(file, lines)
                assert joiner.counted(file, lines) == [len(below.get(at, ())) for at in range(len(lines))]
                for at, found in below.items():
                    assert list(found) == sorted(found), "in the order of their files"
                    keys = dict(rows)
                    raw = [b"row %d of %s" % (child.line, keys[lines[at]].encode()) for child in found]
                    assert joiner.raw(found) == raw
                    assert [child.offset for child in found] == [child.line * 10 for child in found]
                    whose |= {(child.file, child.line): (file, lines[at]) for child in found}
                wrong |= {(file, lines[at]): each for at, each in joiner.wrong(file, lines).items()}
        return whose, wrong, joiner.tried


@given(
    st.lists(KEYS, max_size=12),
    st.lists(KEYS, max_size=5),
    st.lists(KEYS, max_size=25),
    st.lists(KEYS, max_size=5),
    st.sets(st.tuples(st.just(1), st.integers(2, 13))),
    st.integers(1, 9),
)
async def test_each_child_has_its_parent_or_a_reason_as_by_a_dict_in_memory(
    tmp_path_factory, first, second, many, few, left_out, size
):
    parents, children = {1: placed(first), 2: placed(second)}, {3: placed(many), 4: placed(few)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heaps, "IN_MEMORY", 100)
        patch.setattr(spool, "IN_MEMORY", 30)
        whose, wrong, tried = await joined(tmp_path_factory.getbasetemp(), parents, children, left_out, size)
    right, why, of_parents = expected(parents, children, left_out)
    assert whose == right
    assert {place: each.reason for place, each in wrong.items()} == why | of_parents
    keys = [key for key in many + few if key]
    assert (tried.keyed, tried.found) == (len(keys), sum(key in {*first, *second} for key in keys))


async def test_what_is_wrong_names_the_other_rows(tmp_path):
    parents, children = {1: placed(["a", "b", "a"])}, {2: placed(["a", "b", "b", "b", "b"])}
    _, wrong, _ = await joined(tmp_path, parents, children, set(), 10)
    assert wrong[1, 2].others == ((1, 4),)
    assert wrong[1, 4].others == ((1, 2),)
    assert wrong[2, 2].others == ((1, 2), (1, 4))
    assert (wrong[1, 3].others, wrong[1, 3].children) == ((), 4)
    assert (wrong[2, 3].others, wrong[2, 3].children) == (((1, 3),), 4)


async def test_it_ends_when_the_run_is_stopped(tmp_path):
    stop = Stop()
    stop.pull("SIGTERM was received", ExitCode.RESUMABLE)
    with opened(tmp_path) as joiner:
        joiner.take_parents(1, [2], [digest("a")])
        joiner.take_children(2, block([(2, "a")]), [digest("a")])
        await joiner.match(stop, never)
        assert joiner.below(1, [2]) == {}


async def test_nothing_of_it_has_a_name_on_disk(tmp_path):
    with opened(tmp_path) as joiner:
        joiner.take_parents(1, [2], [digest("a")])
        joiner.take_children(2, block([(2, "a")]), [digest("a")])
        await joiner.match(Stop(), never)
        assert list(tmp_path.iterdir()) == []


async def most_bytes(folder, rows: int, parents: int) -> int:
    """Join so many rows; return the most memory that was ever in use."""
    gc.collect()  # what earlier tests have left
    tracemalloc.start()
    with opened(folder, most=199) as joiner:
        for start in range(0, parents, 100):
            lines = range(start, min(start + 100, parents))
            joiner.take_parents(1, [line + 2 for line in lines], [digest(str(line)) for line in lines])
        for start in range(2, rows, 100):
            part = [(line, str(line * 7919 % parents)) for line in range(start, start + 100)]
            joiner.take_children(2, block(part), [digest(key) for _, key in part])
        await joiner.match(Stop(), never)
        children = 0
        for start in range(2, parents + 2, 10):
            found = [child for below in joiner.below(1, range(start, start + 10)).values() for child in below]
            children += len(joiner.raw(found))
        assert children >= rows - 2
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


async def test_what_a_join_holds_in_memory_hardly_grows_with_its_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(heaps, "IN_MEMORY", 50_000)
    monkeypatch.setattr(spool, "IN_MEMORY", 50_000)
    few, many = [await most_bytes(tmp_path, rows, rows // 20) for rows in (10_000, 30_000)]
    assert many - few < 20_000 * 44 / 2, "keys alone have 44 bytes a row; buffers come and go"


async def most_bytes_for_one(folder, rows: int) -> int:
    """Let so many rows ask for the same one; return the most memory that was ever in use."""
    tracemalloc.start()
    with opened(folder, most=199) as joiner:
        joiner.take_parents(1, [2], [digest("a")])
        for start in range(2, rows, 100):
            joiner.take_children(2, block([(line, "a") for line in range(start, start + 100)]), [digest("a")] * 100)
        await joiner.match(Stop(), never)
        refused = sum(len(joiner.wrong(2, range(start, start + 100))) for start in range(2, rows, 100))
        assert refused >= rows - 2
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


async def test_nor_does_it_where_all_rows_ask_for_one(tmp_path, monkeypatch):
    monkeypatch.setattr(joiner_module, "_ROWS_TOGETHER", 8)
    monkeypatch.setattr(heaps, "IN_MEMORY", 50_000)
    monkeypatch.setattr(spool, "IN_MEMORY", 50_000)
    few, many = [await most_bytes_for_one(tmp_path, rows) for rows in (10_000, 30_000)]
    assert many - few < 20_000 * 44 / 4


@given(st.lists(st.integers(0, 9)), st.integers(1, 12))
def test_portions_are_all_of_it_in_order_and_no_larger_than_they_must_be(counts, most):
    parts = [*cut(counts, most)]
    assert [at for start, end in parts for at in range(start, end)] == list(range(len(counts)))
    for start, end in parts:
        together = sum(counts[start:end])
        assert together <= most or sum(count > 0 for count in counts[start:end]) == 1
