import html
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.transport.blots import SHORTEST, blotted

AROUND = st.binary(max_size=40)
SECRETS = st.text(min_size=SHORTEST, max_size=60)


@given(AROUND, SECRETS, AROUND)
def test_a_secret_is_nowhere_afterwards_and_the_rest_is_as_it_was(before: bytes, secret: str, after: bytes):
    for write in (str, quote, quote_plus, html.escape, lambda text: orjson.dumps(text).decode()[1:-1]):
        written = write(secret).encode()
        body = blotted(before + written + after, [secret])
        assert written not in body
        assert b"[secret]" in body


def test_several_are_blotted_as_often_as_they_come():
    one, two = "the-first-one", "the-second-one"
    assert blotted(f"a={one}&b={two}&c={one}".encode(), [one, two]) == b"a=[secret]&b=[secret]&c=[secret]"


def test_a_secret_so_short_that_it_may_stand_in_data_changes_none():
    body = b'[{"errorCode":"STRING_TOO_LONG","message":"externalId"}]'
    assert blotted(body, ["x", "externalId"]) == body


@given(st.binary())
def test_what_holds_none_stays(body: bytes):
    assert blotted(body, ["", "\x00 a secret that is nowhere \x01"]) == body


@pytest.mark.parametrize("write", [str, quote, html.escape])
def test_a_bearer_token_is_blotted(write: Callable[[str], str]):
    token = "00Dxx0000001gPL!AR8AQ.s3cret"
    assert (
        blotted(f"<pre>Authorization: Bearer {write(token)}</pre>".encode(), [token])
        == b"<pre>Authorization: Bearer [secret]</pre>"
    )
