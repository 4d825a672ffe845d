import subprocess
import sys
from contextlib import suppress

import pytest
from backports import zstd
from backports.zstd import CompressionParameter
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.formats import growth
from pipeline.formats.text import Text
from pipeline.formats.unpacking import unpacking

SKIPPED = b"\x50\x2a\x4d\x18\x03\0\0\0abc"
WHOLE = zstd.compress(b"abc" * 100, options={CompressionParameter.checksum_flag: 1})


def unpacked(source: bytes, size: int = 1000, max_ratio: int = 200) -> bytes:
    chunks = [source[at : at + size] for at in range(0, len(source), size)]
    return b"".join(Text(*unpacking("zstd", "x.zst", max_ratio)).of(chunks))


def refusal(source: bytes, size: int = 1000, max_ratio: int = 200) -> str:
    with pytest.raises(InputError) as caught:
        unpacked(source, size, max_ratio)
    return str(caught.value)


def packed_with(source: bytes, **parameters: int) -> bytes:
    """Pack what has no size in its head, so that the window counts."""
    packer = zstd.ZstdCompressor(options={CompressionParameter[name]: value for name, value in parameters.items()})
    return packer.compress(source) + packer.flush()


@given(st.lists(st.binary(max_size=100), max_size=3), st.integers(1, 50), st.sampled_from([b"", SKIPPED]))
def test_what_was_packed_comes_out_whatever_the_pieces_and_frames(frames, size, skipped):
    source = skipped + b"".join(zstd.compress(frame) + skipped for frame in frames)
    assert unpacked(source, size) == b"".join(frames)


@given(st.binary(max_size=300), st.integers(1, 50), st.data())
def test_a_file_that_is_cut_anywhere_is_refused_or_was_whole_up_to_there(source, size, draw):
    whole = zstd.compress(source) + SKIPPED
    cut = draw.draw(st.integers(0, len(whole)))
    ends = {0: b"", len(whole) - len(SKIPPED): source, len(whole): source}
    if cut in ends:
        assert unpacked(whole[:cut], size) == ends[cut]
    else:
        assert refusal(whole[:cut], size) == "x.zst: is cut off: its zstd data has no end"


@given(st.binary(max_size=200), st.sampled_from([b"", WHOLE[:6], WHOLE[:20], WHOLE]), st.integers(1, 50))
def test_whatever_the_bytes_they_are_unpacked_or_refused(source, start, size):
    with suppress(InputError):
        unpacked(start + source, size)


def test_pieces_are_bounded():
    source = zstd.compress(b"a" * 3_000_000)
    sizes = [len(piece) for piece in Text(*unpacking("zstd", "x.zst", 50_000)).feed(source)]
    assert sum(sizes) == 3_000_000
    assert max(sizes) == 262_144


def test_a_wrong_sum_is_refused():
    assert refusal(WHOLE[:-1] + bytes([WHOLE[-1] ^ 1])) == "x.zst: can't be unpacked: Restored data doesn't match checksum"


def test_what_follows_and_is_not_zstd_is_refused():
    assert refusal(WHOLE + b"garbage") == "x.zst: can't be unpacked: Unknown frame descriptor"


def test_a_bomb_is_refused(monkeypatch):
    source = zstd.compress(b"a" * 1_000_000)
    assert len(unpacked(source)) == 1_000_000
    monkeypatch.setattr(growth, "SMALL", 1000)
    assert refusal(source) == "x.zst: unpacks to more than 200 times its size: set read.max_ratio if that is right"
    assert len(unpacked(source, max_ratio=50_000)) == 1_000_000


def test_a_window_beyond_128_mib_is_refused_and_that_of_the_strongest_level_is_taken():
    assert unpacked(packed_with(b"abc", window_log=27)) == b"abc"
    assert refusal(packed_with(b"abc", window_log=28)) == (
        "x.zst: needs more than 128 MiB to be unpacked: pack it again without --long"
    )


def test_a_file_that_needs_a_dictionary_is_refused():
    words = zstd.train_dict([b"hello world %d" % n for n in range(1000)], 1000)
    assert "without the dictionary" in refusal(zstd.compress(b"hello world 5", zstd_dict=words))


def test_a_file_that_is_not_packed_does_not_pay_for_it():
    code = "import sys, pipeline.stages.reader; print('backports.zstd' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
