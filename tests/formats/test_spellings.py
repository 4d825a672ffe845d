from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.spellings import spellings


@pytest.mark.parametrize("encoding", ["cp1252", "mac-roman", "cp850", "utf-16-le", "utf-16-be"])
def test_the_right_encoding_is_among_those_that_are_shown(encoding: str):
    shown = spellings("Name;Straße\nKim;Hauptstraße\n".encode(encoding))
    assert (encoding, "Name;Straße" if encoding.startswith("utf") else "Straße") in shown


def test_what_reads_alike_is_shown_once():
    texts = [text for _, text in spellings("Müller,x".encode("cp1252"))]
    assert len(texts) == len(set(texts))


@given(st.binary(max_size=200))
def test_any_bytes_give_readable_lines_and_utf_8_gives_none(content: bytes):
    for encoding, text in spellings(content):
        assert text.isprintable()
        "".encode(encoding)
    with suppress(UnicodeDecodeError):
        content.decode()
        assert content.count(b"\0") * 4 > len(content) or spellings(content) == []
