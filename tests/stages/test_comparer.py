import errno
import os
import tracemalloc
from collections import defaultdict
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.aside import heaps
from pipeline.aside.heaps import Heaps
from pipeline.errors import ExitCode, JournalError
from pipeline.model.row import CellBlock, InputFile
from pipeline.stages.comparer import Comparer
from pipeline.stop import Stop

FILES = {number: InputFile(number, f"{number}.csv", "csv", 0, "") for number in (1, 2, 3)}


@contextmanager
def opened(*args, **options):
    comparer = Comparer(*args, **options)
    try:
        yield comparer
    finally:
        comparer.close()


def digests(file, block):
    return [blake2b(row[0].encode(), digest_size=16).digest() if row[0] else b"" for row in block.rows]


def block(rows: list[tuple[int, str]]) -> CellBlock:
    lines = [line for line, _ in rows]
    return CellBlock(lines, lines, [b""] * len(rows), rows=[[key] for _, key in rows])


def parted(rows: list, size: int) -> list[list]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


@st.composite
def runs(draw) -> list[tuple[int, list[tuple[int, str]]]]:
    """Files with rows of few keys, on lines that may lie far apart."""
    found = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        lines = sorted(draw(st.sets(st.integers(1, 200) | st.integers(1, 2**39), max_size=60)))
        found.append((number, [(line, draw(st.sampled_from(["", *"abcdefghijklmnop"]))) for line in lines]))
    return found


def by_a_dict(files, keep: str) -> dict[tuple[int, int], tuple[int, int]]:
    """Say of each repeated row which one it repeats, all of them in memory."""
    places = defaultdict(list)
    for number, rows in files:
        for line, key in rows:
            if key:
                places[key].append((number, line))
    found = {}
    for same in places.values():
        found |= dict.fromkeys(same[1:], same[0])
        if keep == "none" and len(same) > 1:
            found[same[0]] = same[1]
    return found


async def compared(folder, files, keep: str, size: int) -> dict[tuple[int, int], tuple[int, int]]:
    found = {}
    with opened(digests, folder, all_of_them=keep == "none") as comparer:
        for number, rows in files:
            for part in parted(rows, size):
                comparer.take(FILES[number], block(part))
        repeats = await comparer.repeats(Stop())
        for _ in range(2):  # as when rows are read again for those that were in doubt
            for number, rows in files:
                for part in parted(rows, size + 1):
                    lines = [line for line, _ in part]
                    found |= {(number, lines[at]): other for at, other in repeats.among(number, lines).items()}
    return found


@given(runs(), st.sampled_from(["first", "none"]), st.integers(1, 30), st.sampled_from([24, 100, 10**6]))
async def test_for_any_keys_the_verdicts_are_those_of_a_dict_in_memory(tmp_path_factory, files, keep, size, in_memory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heaps, "IN_MEMORY", in_memory)
        found = await compared(tmp_path_factory.getbasetemp(), files, keep, size)
    assert found == by_a_dict(files, keep)


def test_nothing_has_a_name_on_disk_and_only_its_owner_may_read_it(tmp_path):
    with opened(digests, tmp_path, all_of_them=False) as comparer:
        comparer.take(FILES[1], block([(2, "a"), (3, "a")]))
        assert list(tmp_path.iterdir()) == []
        links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink() and str(tmp_path) in str(link.readlink())]
        assert [(link.stat().st_mode & 0o777, link.stat().st_nlink) for link in links] == [(0o600, 0), (0o600, 0)]


def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    Heaps(tmp_path / "state" / "job").close()
    assert list(tmp_path.iterdir()) == []


async def most_bytes(folder, rows: int) -> int:
    """Compare so many rows, of which every second one repeats another; return the most memory that was ever in use."""
    tracemalloc.start()
    with opened(digests, folder, all_of_them=False) as comparer:
        for start in range(1, rows, 100):
            comparer.take(FILES[1], block([(line, str(line // 2)) for line in range(start, start + 100)]))
        repeats = await comparer.repeats(Stop())
        assert sum(len(repeats.among(1, range(start, start + 100))) for start in range(1, rows, 100)) == rows // 2 - 1
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


async def test_what_a_comparison_holds_in_memory_hardly_grows_with_its_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(heaps, "IN_MEMORY", 100_000)
    few, many = [await most_bytes(tmp_path, rows) for rows in (40_000, 100_000)]
    assert many - few < 60_000 * 24 / 4, "keys alone have 24 bytes a row"


async def test_a_comparison_ends_when_the_run_is_stopped(tmp_path):
    stop = Stop()
    stop.pull("SIGTERM was received", ExitCode.RESUMABLE)
    with opened(digests, tmp_path, all_of_them=False) as comparer:
        comparer.take(FILES[1], block([(2, "a"), (3, "a")]))
        assert (await comparer.repeats(stop)).among(1, [2, 3]) == {}


def test_a_disk_that_is_full_is_told_with_what_to_do(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(heaps, "IN_MEMORY", 1)
    lying = Heaps(tmp_path)
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(JournalError, match=r"can't be put aside there \(No space left on device\): make room"):
        lying.add(1, b"x")
    lying.close()
