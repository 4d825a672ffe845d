"""sobjects/OBJECT: the request, and what every kind of reply means."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.outcome import Created, Hindered, InDoubt, Refused, Rejected, SessionExpired
from pipeline.model.record import FieldError
from pipeline.model.wire import NoReply, Purpose, Reply
from pipeline.salesforce import single

ID = "003ak00000luKU1AAM"
OTHER = "003ak00000luKU2AAM"


def duplicates(result: Any) -> list[dict[str, Any]]:
    return [{"errorCode": "DUPLICATES_DETECTED", "message": "Use one of these records?", "duplicateResult": result}]


def test_a_request_is_the_record():
    request = single.build("67.0", "Contact", [b'{"LastName":"A"}'], Purpose.LOAD)
    assert (request.method, request.path) == ("POST", "/services/data/v67.0/sobjects/Contact")
    assert request.body == b'{"LastName":"A"}'
    assert single.build("67.0", "../x", [b"{}"], Purpose.LOAD).path == "/services/data/v67.0/sobjects/..%2Fx"
    with pytest.raises(ValueError, match="unpack"):
        single.build("67.0", "Contact", [b"{}", b"{}"], Purpose.LOAD)


def test_recorded_answers_mean_what_they_meant(recorded):
    assert single.decipher(Reply(201, {}, recorded("http/amp-labs/create-ok.json")), ["r1_2"]) == Created(
        {"r1_2": orjson.loads(recorded("http/amp-labs/create-ok.json"))["id"]}
    )
    assert isinstance(single.decipher(Reply(400, {}, recorded("http/amp-labs/unknown-field.json")), ["r1_2"]), Refused)
    wrong = single.decipher(Reply(400, {}, recorded("http/restforce/sobject/write_error_response.json")), ["r1_2"])
    assert isinstance(wrong, Refused | Rejected)
    expired = single.decipher(Reply(401, {}, recorded("http/restforce/expired_session_response.json")), ["r1_2"])
    assert isinstance(expired, SessionExpired)


def test_a_record_that_is_refused_has_all_its_errors(reply):
    body = [{"errorCode": "A", "message": "a", "fields": ["Email"]}, {"errorCode": "B", "message": "b"}]
    assert single.decipher(reply(400, body), ["r1_2"]) == Rejected(
        {"r1_2": (FieldError("A", "a", ("Email",)), FieldError("B", "b"))}
    )


def test_duplicates_are_named(reply):
    found = {"matchResults": [{"matchRecords": [{"record": {"Id": ID}}, {"record": {"Id": OTHER}}, {"record": {"Id": ID}}]}]}
    outcome = single.decipher(reply(400, duplicates(found)), ["r1_2"])
    assert outcome == Rejected({"r1_2": (FieldError("DUPLICATES_DETECTED", f"Use one of these records? (like {ID}, {OTHER})"),)})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from([ID, "x"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["matchResults", "matchRecords", "record", "Id"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(json_values)
def test_what_is_said_of_duplicates_may_have_any_form(result: Any):
    body = orjson.dumps(duplicates(result))
    outcome = single.decipher(Reply(400, {}, body), ["r1_2"])
    assert isinstance(outcome, Rejected)
    assert outcome.errors["r1_2"][0].code == "DUPLICATES_DETECTED"


def test_a_row_lock_passes(reply):
    assert isinstance(single.decipher(reply(400, [{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "m"}]), ["r1_2"]), Hindered)


@pytest.mark.parametrize(
    "body",
    [
        {"id": ID, "success": False, "errors": []},
        {"id": ID[:15], "success": True, "errors": []},
        {"id": ID, "success": True, "errors": [{"statusCode": "A"}]},
        {"success": True, "errors": []},
        [],
        b"",
        b"<html>",
    ],
)
def test_a_success_that_is_not_understood_is_in_doubt(reply, body: Any):
    assert isinstance(single.decipher(reply(201, body), ["r1_2"]), InDoubt)


def test_what_did_not_come_back_is_in_doubt():
    assert single.decipher(NoReply("cut"), ["r1_2"]) == InDoubt("cut")


@given(st.integers(100, 599), st.binary(max_size=30) | json_values.map(orjson.dumps))
def test_only_the_id_of_a_record_settles(status: int, body: bytes):
    outcome = single.decipher(Reply(status, {}, body), ["r1_2"])
    assert not isinstance(outcome, Created)
