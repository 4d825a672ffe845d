import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.formats.encoding import codec_name, find_encoding
from pipeline.formats.rules import ReadRules


def refusal(start: bytes, encoding: str = "auto", *, whole: bool = True) -> str:
    with pytest.raises(InputError) as caught:
        find_encoding("x.csv", start, encoding, whole=whole)
    return str(caught.value)


@pytest.mark.parametrize(
    ("given_name", "name"),
    [("windows-1252", "cp1252"), ("CP1252", "cp1252"), ("latin-1", "iso8859-1"), ("utf8", "utf-8"), ("utf-8-sig", "utf-8")],
)
def test_an_encoding_has_many_names(given_name, name):
    assert codec_name(given_name) == name


@pytest.mark.parametrize(
    "name", ["base64", "rot13", "zlib", "idna", "unicode_escape", "undefined", "iso2022_jp", "x\0y", "é", ""]
)
def test_what_is_no_encoding_of_files_is_refused(name):
    with pytest.raises(ValueError, match='encoding must be "auto" or an encoding of Python'):
        ReadRules(encoding=name)


def test_the_nearest_encoding_is_named():
    with pytest.raises(ValueError, match=r"did you mean windows-1252\?"):
        ReadRules(encoding="windos-1252")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_outranks_what_the_job_says(encoding):
    start = "a,b\n".encode(encoding)
    for said in ("auto", "cp1252", encoding):
        assert find_encoding("x.csv", start, said, whole=True) == codec_name(encoding)


@pytest.mark.parametrize("start", [b"", b"a,b\n", "é\n".encode(), "é\n".encode() + b"\xe9\n", "é".encode()[:1]])
def test_what_may_be_utf8_is_utf8(start):
    assert find_encoding("x.csv", start, "auto", whole=False) == "utf-8"


def test_broken_lines_alone_are_no_utf8():
    assert refusal(b"a\nb\nJos\xe9\n") == (
        'x.csv: isn\'t UTF-8 (byte 0xE9 at offset 7): set read.encoding to what it is, as "cp1252" or "utf-16-le", '
        'or to "utf-8" if it is right and these lines are broken'
    )
    assert find_encoding("x.csv", b"Jos\xe9\n", "utf-8", whole=True) == "utf-8"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_utf16_without_a_mark_is_not_guessed(encoding):
    assert "full of NUL bytes" in refusal("a,b\n".encode(encoding))
    assert find_encoding("x.csv", "a,b\n".encode(encoding), encoding, whole=True) == encoding


def test_utf16_is_known_by_its_mark_only():
    assert refusal(b"a\0", "utf-16") == "x.csv: has no byte order mark: set read.encoding to utf-16-le or utf-16-be"


@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_have_an_encoding_or_are_refused_in_one_line(start, whole):
    try:
        found = find_encoding("x.csv", start, "auto", whole=whole)
    except InputError as error:
        found = str(error)
    assert re.fullmatch("utf-(8|16|32)|x.csv: .*", found)
