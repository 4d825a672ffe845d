"""Errors in the org's own words."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import AccessRefused, OrgUnavailable, TreeloadError, UsageError
from pipeline.model.record import FieldError
from pipeline.model.wire import NoReply, NotSent, Reply
from pipeline.salesforce.errors import (
    allowance_gone,
    api_errors,
    clean,
    excerpt,
    parsed,
    read_failed,
    record_errors,
    retry_after,
    told,
)

Recorded = Callable[[str], bytes]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["message", "errorCode", "statusCode", "fields", "errors", "hasErrors", "results"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)

RECORDED = {
    "http/restforce/expired_session_response.json": FieldError("INVALID_SESSION_ID", "Session expired or invalid"),
    "http/restforce/sobject/write_error_response.json": FieldError(
        "INVALID_FIELD", "No such column 'foo' on sobject of type Bar"
    ),
    "http/restforce/sobject/sobject_describe_error_response.json": FieldError(
        "NOT_FOUND", "The requested resource does not exist"
    ),
    "http/amp-labs/unknown-field.json": FieldError("INVALID_FIELD", "No such column 'AccountNumer' on sobject of type Account"),
    "http/amp-labs/invalid-field-upsert.json": FieldError(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "Unable to create/update fields: MasterRecordId. Please check the security settings of this field and verify that it is "
        "read/write for your profile or permission set.",
        ("MasterRecordId",),
    ),
    "http/amp-labs/batch/create/contacts/err-bad-request.json": FieldError(
        "REQUIRED_FIELD_MISSING", "At least 1 record is required"
    ),
}


@pytest.mark.parametrize("path", RECORDED)
def test_recorded_errors_of_a_call_are_read(path: str, recorded: Recorded):
    assert api_errors(parsed(recorded(path))) == (RECORDED[path],)


def test_recorded_errors_of_records_are_read(recorded: Recorded):
    saved = parsed(recorded("http/amp-labs/batch/create/contacts/partial-but-allOrNone.json"))
    assert [record_errors(result["errors"])[0].code for result in saved] == [
        "REQUIRED_FIELD_MISSING",
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    ]
    assert record_errors(saved[0]["errors"])[0].fields == ("LastName",)


def test_a_message_of_several_lines_is_put_on_one(recorded: Recorded):
    error = api_errors(parsed(recorded("http/amp-labs/unknown-object.json")))[0]
    assert error.code == "INVALID_TYPE"
    assert error.message.startswith("Name,BillingCity,IsDeleted FROM Accout ^ ERROR at Row:1:Column:43 sObject type")


def test_a_list_of_something_else_is_not_errors(recorded: Recorded):
    assert api_errors(parsed(recorded("http/restforce/sobject/upsert_multiple_error_response.json"))) == ()


def test_the_two_forms_are_not_taken_for_each_other():
    assert api_errors([{"statusCode": "X", "message": "m", "fields": []}]) == ()
    assert record_errors([{"errorCode": "X", "message": "m"}]) == ()


def test_an_error_without_message_or_fields_is_still_an_error():
    assert api_errors([{"errorCode": "X"}, {"errorCode": "Y", "message": None, "fields": ["A", 1]}]) == (
        FieldError("X", ""),
        FieldError("Y", "", ("A",)),
    )


@given(json_values)
def test_any_json_is_read_without_a_fuss(answer: Any):
    for errors in (api_errors(answer), record_errors(answer)):
        assert all(error.code for error in errors)
        assert told(errors).isprintable()


@given(st.binary(max_size=400))
def test_any_bytes_can_be_shown_in_one_line(body: bytes):
    shown = excerpt(body)
    assert shown.isprintable()
    assert len(shown) <= 220


def test_what_is_not_json_is_nothing():
    assert parsed(b"<html>") is None
    assert parsed(b"") is None


def test_control_characters_are_not_passed_on():
    assert clean("a\x1b[31mb\r\n\tc\u2028d") == "a [31mb c d"


@pytest.mark.parametrize(
    ("message", "gone"),
    [
        ("TotalRequests Limit exceeded.", True),
        ("ConcurrentRequests (Concurrent API Requests) Limit exceeded.", False),
        ("ConcurrentPerOrgLongTxn Limit exceeded.", False),
    ],
)
def test_the_faces_of_a_limit_are_told_apart_by_the_message(message: str, *, gone: bool):
    assert allowance_gone([FieldError("REQUEST_LIMIT_EXCEEDED", message)]) is gone


def test_only_a_limits_own_code_says_that_the_allowance_is_gone():
    assert not allowance_gone([FieldError("INVALID_FIELD", "TotalRequests")])


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 5 ", 5.0),
        ("999999999999", 86_400.0),
        ("-3", None),
        ("1.5", None),
        ("٣", None),
        ("", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_seconds_to_wait_are_read_and_dates_are_not(header: str, seconds: float | None):
    assert retry_after(Reply(429, {"retry-after": header}, b"")) == seconds


def test_without_the_header_there_is_no_wait():
    assert retry_after(Reply(429, {}, b"")) is None


@pytest.mark.parametrize(
    ("delivery", "kind", "words"),
    [
        (NotSent("the name x is not known"), OrgUnavailable, "the name x is not known"),
        (NoReply("the reply broke off"), OrgUnavailable, "the reply broke off"),
        (Reply(401, {}, b'[{"errorCode":"INVALID_SESSION_ID","message":"gone"}]'), AccessRefused, "INVALID_SESSION_ID: gone"),
        (Reply(401, {}, b""), AccessRefused, "HTTP 401"),
        (Reply(403, {}, b'[{"errorCode":"API_DISABLED_FOR_ORG","message":"no"}]'), AccessRefused, "API_DISABLED_FOR_ORG"),
        (
            Reply(403, {}, b'[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests Limit exceeded."}]'),
            OrgUnavailable,
            "TotalRequests",
        ),
        (Reply(403, {}, b"<html>blocked</html>"), OrgUnavailable, "<html>blocked</html>"),
        (Reply(404, {}, b'[{"errorCode":"NOT_FOUND","message":"no"}]'), UsageError, "org.api_version"),
        (Reply(404, {}, b"<html>"), OrgUnavailable, "HTTP 404"),
        (Reply(410, {}, b""), UsageError, "newer org.api_version"),
        (Reply(500, {}, b'[{"errorCode":"UNKNOWN_EXCEPTION","message":"oops"}]'), OrgUnavailable, "oops"),
        (Reply(302, {}, b""), OrgUnavailable, "HTTP 302"),
        (Reply(200, {}, b"{}"), OrgUnavailable, "HTTP 200"),
    ],
)
def test_a_failed_read_is_named_by_what_to_do_about_it(delivery: Any, kind: type[TreeloadError], words: str):
    error = read_failed(delivery, "read the limits")
    assert type(error) is kind
    assert str(error).startswith("can't read the limits: ")
    assert words in str(error)


@given(st.integers(100, 599), st.binary(max_size=80) | json_values.map(orjson.dumps))
def test_any_failed_read_is_one_line(status: int, body: bytes):
    assert str(read_failed(Reply(status, {}, body), "read")).isprintable()
