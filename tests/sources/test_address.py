import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.address import Address, address_of, is_remote


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("s3://b/x.csv", Address("s3", "s3://", "b/x.csv", "b")),
        ("S3://my.bucket-1/a b/x?#@:.csv", Address("s3", "s3://", "my.bucket-1/a b/x?#@:.csv", "my.bucket-1")),
        (
            "s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/mine/x.csv",
            Address(
                "s3",
                "s3://",
                "arn:aws:s3:eu-west-1:123456789012:accesspoint/mine/x.csv",
                "arn:aws:s3:eu-west-1:123456789012:accesspoint",
            ),
        ),
        ("sftp://host/a/x.csv", Address("sftp", "sftp://host", "/a/x.csv", "host")),
        ("sftp://me@host:2222/x?.csv", Address("sftp", "sftp://me@host:2222", "/x?.csv", "host", "me", 2222)),
        ("sftp://[::1]:22/x.csv", Address("sftp", "sftp://[::1]:22", "/x.csv", "::1", None, 22)),
    ],
)
def test_an_address_has_a_place_and_a_path_in_it(name, address):
    assert is_remote(name)
    assert address_of(name) == address
    assert str(address) == name.replace("S3", "s3")


@pytest.mark.parametrize("name", ["/home/x.csv", "x.csv", "C:\\x.csv", "a/b://x", "://x"])
def test_a_path_is_no_address(name):
    assert not is_remote(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("file:///x.csv", "must be written without file:// if it is on this machine"),
        ("ftp://host/x.csv", "must be a path, or an address that begins with s3:// or sftp://; did you mean sftp://?"),
        ("gs://b/x.csv", "must be a path, or an address that begins with s3:// or sftp://"),
        ("s3://b", "must be s3://bucket/folder/file"),
        ("s3://b/", "must be s3://bucket/folder/file"),
        ("s3:///x.csv", "must be s3://bucket/folder/file"),
        ("s3://*/x.csv", "must be s3://bucket/folder/file"),
        ("sftp://host", "must be sftp://user@host/folder/file (user@ and a :port may be left out)"),
        ("sftp://host/a/", "must be sftp://user@host/folder/file (user@ and a :port may be left out)"),
        ("sftp:///x.csv", "must be sftp://user@host/folder/file (user@ and a :port may be left out)"),
    ],
)
def test_what_is_no_address_that_can_be_read_is_refused(name, words):
    with pytest.raises(ValueError, match=re.escape(words) + "$"):
        address_of(name)


@given(
    st.sampled_from(["s3", "sftp"]),
    st.text(st.characters(blacklist_characters="@", min_codepoint=33), min_size=1),
    st.sampled_from(["{}:{}@host", ":{}@host", "{}:@{}@host"]),
)
def test_a_secret_is_refused_and_never_repeated(scheme, text, form):
    secret = f"hunter2{text}"
    with pytest.raises(ValueError, match="must") as caught:
        address_of(f"{scheme}://" + form.format("me", secret) + "/x.csv")
    assert "hunter2" not in str(caught.value)
