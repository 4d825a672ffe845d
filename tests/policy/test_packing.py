from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.record import Kin
from pipeline.policy.packing import ENVELOPE, MOST_TYPES, Packer, leftovers

MOST_BYTES = 60


@given(st.lists(st.lists(st.integers(1, MOST_BYTES - ENVELOPE - 2), max_size=12), max_size=8), st.integers(1, 5))
def test_chunks_hold_all_rows_in_order_and_keep_both_bounds(blocks: list[list[int]], most: int):
    packer = Packer(1, most_records=most, most_bytes=MOST_BYTES)
    chunks, line = [], 0
    for sizes in blocks:
        lines = list(range(line, line + len(sizes)))
        line += len(sizes)
        records = [b"x" * size for size in sizes]
        assert all(map(packer.fits, records))
        chunks += packer.add(lines, [at * 10 for at in lines], [f"r{at}" for at in lines], records, records)
    chunks += packer.flush()

    assert [at for chunk in chunks for at in chunk.lines] == list(range(line))
    assert [name for chunk in chunks for name in chunk.references] == [f"r{at}" for at in range(line)]
    assert [at for chunk in chunks for at in chunk.offsets] == [at * 10 for at in range(line)]
    assert [len(record) for chunk in chunks for record in chunk.records] == [size for sizes in blocks for size in sizes]
    for chunk in chunks:
        payload = b'{"records":[\n' + b",\n".join(chunk.records) + b"\n]}"
        assert 1 <= len(chunk) <= most
        assert len(payload) <= MOST_BYTES
    for one, following in pairwise(chunks):
        room = MOST_BYTES - ENVELOPE - sum(len(record) + 2 for record in one.records)
        assert len(one) == most or len(following.records[0]) + 2 > room, "a chunk is cut only when it is full"


def test_a_record_that_fits_nowhere_is_told():
    packer = Packer(1, most_records=200, most_bytes=MOST_BYTES)
    assert not packer.fits(b"x" * (MOST_BYTES - ENVELOPE - 1))


def test_nothing_open_flushes_to_nothing():
    assert list(Packer(1, most_records=200, most_bytes=MOST_BYTES).flush()) == []


@given(
    st.lists(st.lists(st.sampled_from("ABCDEF"), max_size=6), max_size=30),
    st.integers(7, 12),
    st.integers(120, 400),
)
def test_families_are_never_cut_and_keep_all_bounds(families: list[list[str]], most: int, most_bytes: int):
    families = [kinds if len({"A", *kinds}) <= MOST_TYPES else kinds[:1] for kinds in families]
    packer = Packer(1, "A", most_records=most, most_bytes=most_bytes)
    chunks = []
    for line, kinds in enumerate(families):
        kin = tuple(Kin(kind, f"r1_{line}_{at}", line, 1, 0, f"r1_{line}", "X") for at, kind in enumerate(kinds, start=1))
        chunks += packer.add_family(line, line * 10, f"r1_{line}", b"x" * (10 * (1 + len(kinds))), b"", kin)
    chunks += packer.flush()
    assert [line for chunk in chunks for line in chunk.lines] == list(range(len(families)))
    for chunk in chunks:
        assert 1 <= chunk.size <= most
        assert len(b'{"records":[\n' + b",\n".join(chunk.records) + b"\n]}") <= most_bytes
        assert len({name for _, _, name in chunk.places()}) <= MOST_TYPES
        assert chunk.names() == [name for line in chunk.lines for name in (f"r1_{line}", *kin_of(line, families))]


def kin_of(line: int, families: list[list[str]]) -> list[str]:
    return [f"r1_{line}_{at}" for at in range(1, len(families[line]) + 1)]


@given(
    st.lists(st.lists(st.tuples(st.integers(1, 20), st.lists(st.sampled_from("ABCDEF"), max_size=3)), max_size=6), max_size=8),
    st.integers(7, 12),
)
def test_what_is_left_in_several_packers_goes_together_as_far_as_it_fits_and_each_packers_rows_stay_together(lanes, most):
    packers, line = [], 0
    for rows in lanes:
        packers.append(Packer(1, "Contact", most_records=most, most_bytes=200))
        for size, kinds in rows:
            line += 1
            kin = tuple(Kin(kind, f"r{line}_{at}", line, 1, 0, f"r{line}", kind) for at, kind in enumerate(kinds))
            list(packers[-1].add_family(line, line, f"r{line}", b"x" * size, b"%d" % line, kin, (b"%d" % len(packers),)))
    loads = [packer.load for packer in packers]
    chunks = [*leftovers(packers)]
    assert sum(chunk.size for chunk in chunks) == sum(load.records for load in loads)
    assert not any(packer.load.records for packer in packers)
    for chunk in chunks:
        assert chunk.lines == sorted(chunk.lines)
        assert chunk.references == [f"r{at}" for at in chunk.lines]
        assert chunk.sources == [b"%d" % at for at in chunk.lines]
        assert all(one.parent == own for own, kin in zip(chunk.references, chunk.kin, strict=False) for one in kin)
        assert chunk.size <= most
        assert sum(len(record) + 2 for record in chunk.records) <= 200 - ENVELOPE
        assert len({"Contact", *(one.object for kin in chunk.kin for one in kin)}) <= MOST_TYPES
    for one, other in combinations(chunks, 2):
        assert one.keys.isdisjoint(other.keys)
