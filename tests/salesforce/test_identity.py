"""Which user the token belongs to."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import AccessRefused, OrgUnavailable, TreeloadError
from pipeline.model.record_id import is_record_id, to_18
from pipeline.model.wire import NotSent, Purpose, Reply
from pipeline.salesforce import identity

USER = to_18("0051x000001Abcd")


def test_the_user_is_asked_for():
    request = identity.build()
    assert (request.method, request.path, request.purpose) == ("GET", "/services/oauth2/userinfo", Purpose.EVIDENCE)


@pytest.mark.parametrize("given_id", [USER, USER[:15]])
def test_the_users_id_has_18_characters(given_id: str, reply: Callable[..., Reply]):
    answer = {"sub": "https://login.salesforce.com/id/x/y", "user_id": given_id, "email": "a@example.com"}
    assert identity.decipher(reply(200, answer)) == USER


@pytest.mark.parametrize(
    "answer", [[], {}, {"user_id": None}, {"user_id": ""}, {"user_id": USER.swapcase()}, {"user_id": "0051x00000!Abcd"}]
)
def test_a_user_without_a_good_id_is_not_understood(answer: Any, reply: Callable[..., Reply]):
    with pytest.raises(OrgUnavailable, match="can't read who the user is"):
        identity.decipher(reply(200, answer))


def test_a_user_who_is_not_let_in_is_said_to_be_one(recorded: Callable[[str], bytes]):
    with pytest.raises(AccessRefused, match="Session expired or invalid"):
        identity.decipher(Reply(401, {}, recorded("http/restforce/expired_session_response.json")))


def test_an_org_that_cannot_be_reached_is_said_to_be():
    with pytest.raises(OrgUnavailable, match="no such name"):
        identity.decipher(NotSent("no such name"))


@given(
    st.just(200) | st.integers(100, 599),
    st.binary(max_size=60) | st.builds(lambda user: orjson.dumps({"user_id": user}), st.text(max_size=18) | st.integers(0, 9)),
)
def test_any_reply_is_an_id_or_an_error_for_a_person(status: int, body: bytes):
    try:
        user = identity.decipher(Reply(status, {}, body))
    except TreeloadError:
        return
    assert status == 200
    assert is_record_id(user)
