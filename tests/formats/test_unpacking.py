import gzip

import pytest
from backports import zstd

from pipeline.errors import InputError
from pipeline.formats.unpacking import packing_of, unpacked_name, unpacking

SKIPPED = b"\x5f\x2a\x4d\x18\0\0\0\0"


@pytest.mark.parametrize(
    ("start", "packing"),
    [
        (gzip.compress(b"a", mtime=0), "gzip"),
        (zstd.compress(b"a"), "zstd"),
        (SKIPPED + zstd.compress(b"a"), "zstd"),
        (b"a,b\n1,2\n", ""),
        (b"P", ""),
        (b"", ""),
    ],
)
def test_the_first_bytes_say_it(start, packing):
    assert packing_of("x.csv", start) == packing


@pytest.mark.parametrize(
    ("name", "start", "words"),
    [
        ("x.csv.gz", b"a,b\n", "is no gzip file, as its name says; take .gz off if it was unpacked"),
        ("x.csv.ZST", b"a,b\n", "is no zstd file, as its name says; take .zst off if it was unpacked"),
        ("x.csv.gz", zstd.compress(b"a"), "is no gzip file, as its name says; call it .zst"),
        ("x.csv.zst", gzip.compress(b"a", mtime=0), "is no zstd file, as its name says; call it .gz"),
    ],
)
def test_a_name_that_says_otherwise_is_refused(name, start, words):
    with pytest.raises(InputError) as caught:
        packing_of(name, start)
    assert str(caught.value) == f"{name}: {words}"


def test_a_format_goes_by_the_ending_before():
    assert unpacked_name("x.csv.gz") == unpacked_name("x.csv.ZST") == unpacked_name("x.csv") == "x.csv"


def test_what_is_not_packed_is_not_unpacked():
    assert unpacking("", "x.csv", 200) == []
