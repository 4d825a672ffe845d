"""Bodies are unpacked as they were packed, or refused; never beyond a size."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulator.compressed import unpacked
from pipeline.simulator.errors import ApiError

MOST = 1_000_000


def raw(body: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-15)
    return packing.compress(body) + packing.flush()


WAYS = [("gzip", gzip.compress), ("GZIP ", gzip.compress), ("deflate", zlib.compress), ("", bytes), ("identity", bytes)]


@pytest.mark.parametrize(("encoding", "pack"), WAYS)
@given(st.binary(max_size=5_000))
def test_what_was_packed_is_unpacked(encoding, pack, body: bytes):
    assert unpacked(pack(body), encoding, MOST) == body


@given(st.binary(min_size=100, max_size=5_000))
def test_deflate_without_its_header_is_read_as_well(body: bytes):
    assert unpacked(raw(body), "deflate", MOST) == body


@given(st.lists(st.binary(max_size=500), min_size=1, max_size=4))
def test_members_of_gzip_are_joined(parts: list[bytes]):
    assert unpacked(b"".join(map(gzip.compress, parts)), "gzip", MOST) == b"".join(parts)


@given(st.sampled_from(["gzip", "deflate"]), st.binary(max_size=300))
def test_any_bytes_are_unpacked_or_refused(encoding: str, body: bytes):
    try:
        unpacked(body, encoding, MOST)
    except ApiError as refusal:
        said = refusal
        assert (said.status, said.body[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


@given(st.binary(min_size=1, max_size=300), st.data())
def test_what_is_cut_off_is_refused(body: bytes, data: st.DataObject):
    packed = gzip.compress(body)
    with pytest.raises(ApiError, match="can't be read as Content-Encoding gzip"):
        unpacked(packed[: data.draw(st.integers(0, len(packed) - 1))], "gzip", MOST)


@pytest.mark.parametrize("times", [1, 3])
def test_a_bomb_is_refused_when_it_is_too_large_and_not_unpacked_further(times: int):
    bomb = gzip.compress(bytes(MOST)) * times
    assert len(unpacked(bomb, "gzip", MOST * times)) == MOST * times
    with pytest.raises(ApiError, match="REQUEST_ENTITY_TOO_LARGE"):
        unpacked(bomb, "gzip", MOST * times - 1)


def test_another_encoding_is_refused():
    with pytest.raises(ApiError, match="UNSUPPORTED_MEDIA_TYPE"):
        unpacked(b"x", "br", MOST)
