"""What the org has, page by page."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import AccessRefused, OrgUnavailable, TreeloadError, UsageError
from pipeline.model.wire import Delivery, NoReply, NotSent, Purpose, Reply
from pipeline.salesforce import query
from pipeline.salesforce.query import Page, quoted
from pipeline.simulator.soql_tokens import tokens, unquote

RECORD = {"attributes": {"type": "Contact", "url": "/services/data/v67.0/sobjects/Contact/003ak000003dQCGAA2"}, "LastName": "A"}
NEXT = "/services/data/v67.0/query/01gD0000002HU6KIAW-2000"
LAST = {"totalSize": 1, "done": True, "records": [RECORD]}
EXPIRED = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
MALFORMED = [{"errorCode": "MALFORMED_QUERY", "message": "unexpected token: FORM"}]


def composite(status: int, body: Any) -> Any:
    part = {"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": "query"}
    return {"compositeResponse": [part]}


def decipher(delivery: Delivery) -> Page:
    return query.decipher(delivery, "read the records of Contact")


# ------------------------------------------------------------------ literals


@given(st.text(st.characters(codec=None)))
def test_a_literal_is_read_back_by_the_org_as_what_was_quoted(text: str):
    (literal, end) = tokens(quoted(text))
    assert (literal.kind, end.kind) == ("string", "end")
    assert unquote(literal.text) == text


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("O'Neil", r"'O\'Neil'"),
        ("back\\", r"'back\\'"),
        ("\\' OR Id != '", r"'\\\' OR Id != \''"),
        ("a\r\n\tb", r"'a\r\n\tb'"),
        ("a\x00\u2028", r"'a\u0000\u2028'"),
        ("Zoë 李 😀 %_", "'Zoë 李 😀 %_'"),
        ("", "''"),
    ],
)
def test_a_text_is_quoted_with_the_vendors_escapes(text: str, literal: str):
    assert quoted(text) == literal


# ------------------------------------------------------------------ requests


def asked(url: str) -> str:
    (soql,) = parse_qs(urlsplit(url).query, keep_blank_values=True)["q"]
    return soql


@given(st.text(min_size=1, max_size=200), st.integers(1, 80))
def test_a_query_arrives_as_it_was_written_however_long_it_is(text: str, times: int):
    soql = f"SELECT Id FROM Contact WHERE LastName = {quoted(text * times)}"
    request = query.build("67.0", soql, Purpose.EVIDENCE)
    assert len(request.path) <= query.LONGEST_PATH
    assert request.purpose is Purpose.EVIDENCE
    if request.body is None:
        assert request.method == "GET"
        assert request.path.startswith("/services/data/v67.0/query?q=SELECT%20Id")
        assert asked(request.path) == soql
    else:
        assert (request.method, request.path) == ("POST", "/services/data/v67.0/composite")
        (part,) = orjson.loads(request.body)["compositeRequest"]
        assert (part["method"], part["referenceId"]) == ("GET", "query")
        assert part["url"].startswith("/services/data/v67.0/query?q=")
        assert asked(part["url"]) == soql


@pytest.mark.parametrize(("more", "method"), [(0, "GET"), (1, "POST")])
def test_a_path_is_as_long_as_it_may_be(more: int, method: str):
    room = query.LONGEST_PATH - len(query.build("67.0", "", Purpose.EVIDENCE).path)
    assert query.build("67.0", "a" * (room + more), Purpose.EVIDENCE).method == method


def test_a_further_page_is_asked_for_by_its_path():
    request = query.build_more(NEXT, Purpose.EVIDENCE)
    assert (request.method, request.path, request.body) == ("GET", NEXT, None)


@pytest.mark.parametrize(
    "path", ["", "https://elsewhere.example/services/data/", "/services/data/", f"{NEXT}\r\nX: y", "@x" + NEXT]
)
def test_a_further_page_lies_in_the_api(path: str):
    with pytest.raises(ValueError, match="not the path of a further page"):
        query.build_more(path, Purpose.EVIDENCE)


# ------------------------------------------------------------------ replies


def test_a_last_page_is_read(reply: Callable[..., Reply]):
    assert decipher(reply(200, LAST)) == Page([RECORD], None)


def test_a_page_leads_to_the_next(reply: Callable[..., Reply]):
    answer = {"totalSize": 3000, "done": False, "nextRecordsUrl": NEXT, "records": [RECORD]}
    assert decipher(reply(200, answer)) == Page([RECORD], NEXT)


def test_a_page_within_a_composite_is_read(reply: Callable[..., Reply]):
    assert decipher(reply(200, composite(200, LAST))) == Page([RECORD], None)
    answer = {"totalSize": 3000, "done": False, "nextRecordsUrl": NEXT, "records": []}
    assert decipher(reply(200, composite(200, answer))) == Page([], NEXT)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"records": []},
        {"done": True},
        {"done": False, "records": []},
        {"done": False, "records": [], "nextRecordsUrl": None},
        {"done": False, "records": [], "nextRecordsUrl": "https://elsewhere.example/"},
        {"done": True, "records": [], "nextRecordsUrl": NEXT},
        {"done": True, "records": {}},
        {"done": True, "records": [None]},
        {"compositeResponse": []},
    ],
)
def test_a_page_that_may_lack_records_is_no_page(answer: Any, reply: Callable[..., Reply]):
    for body in (answer, composite(200, answer)):
        with pytest.raises(OrgUnavailable, match="can't read the records of Contact"):
            decipher(reply(200, body))


def test_two_parts_are_not_what_was_asked_for(reply: Callable[..., Reply]):
    twice = {"compositeResponse": composite(200, LAST)["compositeResponse"] * 2}
    with pytest.raises(OrgUnavailable):
        decipher(reply(200, twice))


@pytest.mark.parametrize(
    ("status", "errors", "kind", "words"),
    [
        (401, EXPIRED, AccessRefused, "Session expired or invalid"),
        (400, MALFORMED, UsageError, "MALFORMED_QUERY: unexpected token: FORM"),
        (500, [{"errorCode": "QUERY_TIMEOUT", "message": "too long"}], OrgUnavailable, "QUERY_TIMEOUT"),
    ],
)
def test_an_error_is_the_same_alone_or_within_a_composite(
    status: int, errors: Any, kind: type[TreeloadError], words: str, reply: Callable[..., Reply]
):
    said = set()
    for delivery in (reply(status, errors), reply(200, composite(status, errors))):
        with pytest.raises(kind, match=words) as raised:
            decipher(delivery)
        said.add(str(raised.value))
    assert len(said) == 1


def test_a_recorded_error_is_read(recorded: Callable[[str], bytes]):
    with pytest.raises(UsageError, match="INVALID_FIELD"):
        decipher(Reply(400, {}, recorded("http/restforce/sobject/query_error_response.json")))


@pytest.mark.parametrize("delivery", [NotSent("no such name"), NoReply("a reset")])
def test_without_a_reply_nothing_is_read(delivery: Delivery):
    with pytest.raises(OrgUnavailable, match=r"no such name|a reset"):
        decipher(delivery)


def test_a_part_that_is_nested_too_deeply_is_an_error_for_a_person():
    body = orjson.dumps(composite(200, "here")).replace(b'"here"', b"[" * 500 + b"]" * 500)
    with pytest.raises(OrgUnavailable):
        decipher(Reply(200, {}, body))


words = st.sampled_from(["done", "records", "nextRecordsUrl", "compositeResponse", "httpStatusCode", "body", "errorCode"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-600, 600) | st.floats(allow_nan=False) | st.text() | st.just(NEXT),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
bodies = (
    st.binary(max_size=80)
    | json_values.map(orjson.dumps)
    | st.builds(composite, st.integers(0, 600), json_values).map(orjson.dumps)
)


@given(st.just(200) | st.integers(100, 599), bodies)
def test_any_reply_is_a_page_or_an_error_for_a_person(status: int, body: bytes):
    try:
        page = decipher(Reply(status, {}, body))
    except TreeloadError:
        return
    assert status == 200
    assert all(isinstance(record, dict) for record in page.records)
