import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.formats import growth
from pipeline.formats.text import Text
from pipeline.formats.unpacking import unpacking


def unpacked(source: bytes, size: int = 1000, max_ratio: int = 200) -> bytes:
    chunks = [source[at : at + size] for at in range(0, len(source), size)]
    return b"".join(Text(*unpacking("gzip", "x.gz", max_ratio)).of(chunks))


def refusal(source: bytes, max_ratio: int = 200) -> str:
    with pytest.raises(InputError) as caught:
        unpacked(source, max_ratio=max_ratio)
    return str(caught.value)


@given(st.lists(st.binary(max_size=100), max_size=3), st.integers(1, 50), st.sampled_from([b"", b"\0\0\0"]))
def test_what_was_packed_comes_out_whatever_the_pieces_and_members(members, size, padding):
    assert unpacked(b"".join(map(gzip.compress, members)) + padding, size) == b"".join(members)


def test_pieces_are_bounded():
    sizes = [len(piece) for piece in Text(*unpacking("gzip", "x.gz", 2000)).feed(gzip.compress(b"a" * 3_000_000))]
    assert sum(sizes) == 3_000_000
    assert max(sizes) == 262_144


@pytest.mark.parametrize("cut", [1, 5, 9, 20])
def test_a_file_that_is_cut_off_is_refused(cut):
    assert refusal(gzip.compress(b"abc" * 100)[:-cut]) == "x.gz: is cut off: its gzip data has no end"


def test_a_wrong_sum_is_refused():
    source = bytearray(gzip.compress(b"abc"))
    source[-8] ^= 1
    assert refusal(bytes(source)).startswith("x.gz: can't be unpacked: ")


def test_what_follows_and_is_not_gzip_is_refused():
    assert refusal(gzip.compress(b"abc") + b"x").startswith("x.gz: ")


def test_a_bomb_is_refused(monkeypatch):
    source = gzip.compress(b"a" * 1_000_000)
    assert len(unpacked(source)) == 1_000_000
    monkeypatch.setattr(growth, "SMALL", 1000)
    assert refusal(source) == "x.gz: unpacks to more than 200 times its size: set read.max_ratio if that is right"
    assert len(unpacked(source, max_ratio=2000)) == 1_000_000
