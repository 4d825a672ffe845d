import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.flaws import flaw
from pipeline.formats.text import Text, decoding

CODECS = st.sampled_from(["cp1252", "iso8859-1", "shift_jis", "gb18030", "euc_jp", "big5", "utf-16-le", "utf-32-be", "ascii"])


def text_of(chunks: list[bytes], encoding: str) -> list[bytes]:
    return list(Text(*decoding(encoding)).of(chunks))


def pieces(source: bytes, size: int) -> list[bytes]:
    return [source[at : at + size] for at in range(0, len(source), size)]


@given(
    st.text(st.sampled_from("aé€日\r\n,\u2028"), max_size=30),
    st.sampled_from(["utf-16", "utf-32", "utf-16-be", "gb18030"]),
    st.integers(1, 5),
)
def test_text_arrives_as_utf8(text, encoding, size):
    assert b"".join(text_of(pieces(text.encode(encoding), size), encoding)) == text.encode()


@given(st.binary(max_size=60), CODECS, st.integers(1, 5))
def test_pieces_make_no_difference(source, encoding, size):
    assert b"".join(text_of(pieces(source, size), encoding)) == b"".join(text_of([source], encoding))


@given(st.binary(max_size=60), CODECS)
def test_what_can_be_decoded_is_what_python_decodes_and_nothing_else_is_valid(source, encoding):
    text = b"".join(text_of([source], encoding))
    try:
        expected = source.decode(encoding)
    except UnicodeDecodeError:
        assert flaw(text.replace(b"\0", b""), 0, encoding)
    else:
        assert text == expected.encode()


def test_an_undecodable_byte_spoils_only_its_line():
    text = b"".join(text_of([b"a\n\x81\xc3\xa9\nb\n"], "ascii"))
    assert [flaw(line, 0, "ascii") is None for line in text.splitlines()] == [True, False, True]
    assert flaw(text.splitlines()[1], 2, "ascii") == "byte 0x81 is not valid ascii (offset 2 of the text in UTF-8)"


@pytest.mark.parametrize("byte", [0x00, 0x7F, 0x80, 0xFF])
def test_half_a_character_at_the_end_is_not_lost(byte):
    [_, mark] = text_of([bytes([0x41, 0, byte])], "utf-16-le")
    assert flaw(mark, 7, "utf-16-le") == f"byte 0x{byte:02X} is not valid utf-16-le (offset 7 of the text in UTF-8)"


def test_utf8_goes_through_as_it_is():
    chunk = b"\xff" * 10
    [same] = Text(*decoding("utf-8")).feed(chunk)
    assert same is chunk
