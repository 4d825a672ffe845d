"""composite/tree: the request, and what every kind of reply means."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model.outcome import (
    Created,
    Exhausted,
    Hindered,
    InDoubt,
    Nameless,
    Outcome,
    Overtaxed,
    Partly,
    Refused,
    Rejected,
    SessionExpired,
    Throttled,
    Unavailable,
)
from pipeline.model.record import FieldError, references
from pipeline.model.record_id import is_record_id, to_18
from pipeline.model.wire import Delivery, NoReply, NotSent, Purpose, Reply
from pipeline.salesforce import tree
from pipeline.salesforce.encoding import encoder
from pipeline.salesforce.refusals import FIRST_RECORD_LINE

Recorded = Callable[[str], bytes]
Replies = Callable[..., Reply]

IDS = ["003ak00000luKU1AAM", "003ak00000luKU2AAM"]
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
REFERENCES = ["r1_2", "r1_3"]
LIMIT = "REQUEST_LIMIT_EXCEEDED"


def created(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"hasErrors": False, "results": [{"referenceId": name, "id": record_id} for name, record_id in pairs]}


def rejected(**errors: list[str]) -> dict[str, Any]:
    results = [
        {"referenceId": name, "errors": [{"statusCode": code, "message": code.lower(), "fields": []} for code in codes]}
        for name, codes in errors.items()
    ]
    return {"hasErrors": True, "results": results}


def api_error(code: str, message: str = "m") -> list[dict[str, Any]]:
    return [{"message": message, "errorCode": code}]


# ------------------------------------------------------------------ the request


def test_a_request_has_one_record_a_line():
    request = tree.build("67.0", "Contact", [b'{"a":1}', b'{"b":2}'], Purpose.LOAD)
    assert (request.method, request.path, request.purpose) == (
        "POST",
        "/services/data/v67.0/composite/tree/Contact",
        Purpose.LOAD,
    )
    assert request.body == b'{"records":[\n{"a":1},\n{"b":2}\n]}'


def test_a_name_cannot_leave_its_place_in_the_path():
    assert tree.build("67.0", "../limits", [], Purpose.LOAD).path == "/services/data/v67.0/composite/tree/..%2Flimits"


def test_attributes_stand_before_the_fields():
    records = encoder("Lead", {})(["r3_17", "r3_18"], [b'{"LastName":"A"}', b"{}"])
    assert records == [
        b'{"attributes":{"type":"Lead","referenceId":"r3_17"},"LastName":"A"}',
        b'{"attributes":{"type":"Lead","referenceId":"r3_18"}}',
    ]


@pytest.mark.parametrize("empty", [b"{}", b"{ }", b"{\t}"])
def test_a_record_without_fields_is_json(empty: bytes):
    (record,) = encoder("Lead", {})(["r1_2"], [empty])
    assert orjson.loads(record) == {"attributes": {"type": "Lead", "referenceId": "r1_2"}}


fields = st.dictionaries(st.from_regex(r"[A-Z][a-z]{0,5}", fullmatch=True), st.text() | st.none() | st.booleans(), max_size=3)


@given(st.lists(fields, min_size=1, max_size=5), st.integers(1, 9), st.integers(1, 10**9))
def test_what_is_built_is_read_back_whole(rows: list[dict[str, Any]], file: int, first: int):
    names = references(file, range(first, first + len(rows)))
    records = encoder("Contact", {})(names, [orjson.dumps(row) for row in rows])
    body = tree.build("67.0", "Contact", records, Purpose.LOAD).body
    assert body is not None
    sent = orjson.loads(body)["records"]
    assert [record.pop("attributes") for record in sent] == [{"type": "Contact", "referenceId": name} for name in names]
    assert sent == rows
    for record, line in zip(records, body.split(b"\n")[FIRST_RECORD_LINE - 1 :], strict=False):
        assert line.removesuffix(b",") == record
    ids = {name: to_18(f"003ak0000{number:06d}") for number, name in enumerate(names)}
    backwards = created(*reversed(ids.items()))
    assert tree.decipher(Reply(201, {}, orjson.dumps(backwards)), names) == Created(ids)


# ------------------------------------------------------------------ recorded replies

RECORDED: dict[str, tuple[list[str], Outcome]] = {
    "success_nested": (
        ["ref1", "ref2", "ref3", "ref4", "ref5", "ref6"],
        Created(
            {
                "ref1": "001D000000K0fXOIAZ",
                "ref4": "001D000000K0fXPIAZ",
                "ref2": "003D000000QV9n2IAD",
                "ref3": "003D000000QV9n3IAD",
                "ref5": "001D000000K0fXQIAZ",
                "ref6": "003D000000QV9n4IAD",
            }
        ),
    ),
    "invalid_email": (
        ["ref1", "ref2"],
        Rejected({"ref2": (FieldError("INVALID_EMAIL_ADDRESS", "Email: invalid email address: 123", ("Email",)),)}),
    ),
    "required_missing": (
        ["ref0", "ref1"],
        Rejected({"ref0": (FieldError("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ("LastName",)),)}),
    ),
    "duplicate_ref": (
        ["ref1", "ref2"],
        Rejected(
            {
                "ref1": (
                    FieldError("INVALID_INPUT", "Duplicate ReferenceId provided in the request."),
                    FieldError("PROCESSING_HALTED", "Duplicate ReferenceId found: ref1"),
                )
            }
        ),
    ),
    "missing_ref": (
        ["ref1"],
        Refused(403, (FieldError("INVALID_INPUT", "Include a reference ID for each record in the request."),)),
    ),
    "unknown_field": (["ref1"], Refused(400, (FieldError("INVALID_FIELD", "No such column 'X' on sobject of type Y"),))),
    "session": (["ref1"], SessionExpired("INVALID_SESSION_ID: Session expired or invalid")),
}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_tree_replies_are_understood(name: str, recorded: Recorded):
    answer = orjson.loads(recorded("http/tree/recorded-tree-answers.json"))[name]
    references, outcome = RECORDED[name]
    assert tree.decipher(Reply(answer["status"], {}, orjson.dumps(answer["body"])), references) == outcome


def test_every_recorded_tree_reply_has_its_test(recorded: Recorded):
    assert set(orjson.loads(recorded("http/tree/recorded-tree-answers.json"))) == set(RECORDED)


@pytest.mark.parametrize(
    ("status", "path", "kind"),
    [
        (401, "http/restforce/expired_session_response.json", SessionExpired),
        (400, "http/restforce/sobject/write_error_response.json", Refused),
        (404, "http/restforce/sobject/sobject_describe_error_response.json", Refused),
        (404, "http/restforce/sobject/delete_error_response.json", Refused),
        (400, "http/restforce/sobject/query_error_response.json", Refused),
        (300, "http/restforce/sobject/upsert_multiple_error_response.json", InDoubt),
        (201, "http/restforce/sobject/create_success_response.json", InDoubt),
        (400, "http/amp-labs/unknown-field.json", Refused),
        (400, "http/amp-labs/unknown-object.json", Refused),
        (400, "http/amp-labs/invalid-field-upsert.json", Refused),
        (400, "http/amp-labs/batch/create/contacts/err-bad-request.json", Nameless),
        (201, "http/amp-labs/create-ok.json", InDoubt),
        (200, "http/amp-labs/success-with-errors.json", InDoubt),
        (200, "http/amp-labs/batch/create/contacts/success.json", InDoubt),
        (200, "http/amp-labs/batch/create/contacts/partial-but-allOrNone.json", InDoubt),
        (400, "http/amp-labs/batch/create/contacts/partial-but-allOrNone.json", InDoubt),
    ],
)
def test_recorded_replies_of_other_calls_are_never_taken_for_a_tree(status: int, path: str, kind: type, recorded: Recorded):
    assert type(tree.decipher(Reply(status, {}, recorded(path)), REFERENCES)) is kind


# ------------------------------------------------------------------ created


@pytest.mark.parametrize("status", [200, 201])
def test_results_are_joined_by_reference_not_by_position(status: int, reply: Replies):
    answer = created(("r1_3", IDS[1]), ("r1_2", IDS[0]))
    assert tree.decipher(reply(status, answer), REFERENCES) == Created({"r1_2": IDS[0], "r1_3": IDS[1]})


def test_what_a_result_says_beyond_its_id_does_no_harm(reply: Replies):
    answer = created(("r1_2", IDS[0]))
    answer["results"][0] |= {"errors": [], "success": True}
    assert tree.decipher(reply(201, answer), ["r1_2"]) == Created({"r1_2": IDS[0]})


@pytest.mark.parametrize(
    ("answer", "oddity"),
    [
        (created(("r1_2", IDS[0])), "not exactly those that were sent"),
        (created(("r1_2", IDS[0]), ("r1_3", IDS[1]), ("r1_4", IDS[1])), "not exactly those that were sent"),
        (created(("r1_2", IDS[0]), ("r1_4", IDS[1])), "not exactly those that were sent"),
        (created(("r1_2", IDS[0]), ("r1_2", IDS[1])), "not exactly those that were sent"),
        (created(("r1_2", IDS[0]), ("r1_2", IDS[0]), ("r1_3", IDS[1])), "not exactly those that were sent"),
        (created(), "not exactly those that were sent"),
        (created(("r1_2", IDS[0]), ("r1_3", IDS[0])), "comes twice or is none"),
        (created(("r1_2", IDS[0]), ("r1_3", IDS[1][:15])), "comes twice or is none"),
        (created(("r1_2", IDS[0]), ("r1_3", IDS[1].swapcase())), "comes twice or is none"),
        ({"hasErrors": False, "results": [{"referenceId": "r1_2"}]}, "not a reference with an id"),
        ({"hasErrors": False, "results": [{"referenceId": [], "id": IDS[0]}]}, "not a reference with an id"),
        ({"hasErrors": False, "results": ["r1_2"]}, "not a reference with an id"),
        (
            {
                "hasErrors": False,
                "results": [{"referenceId": "r1_2", "id": None}, {"referenceId": "r1_3", "id": IDS[0]}],
            },
            "not a reference with an id",
        ),
        (
            {
                "hasErrors": False,
                "results": [
                    {"referenceId": "r1_2", "id": IDS[0], "errors": [{}]},
                    {"referenceId": "r1_3", "id": IDS[1]},
                ],
            },
            "says it has none",
        ),
        ({"hasErrors": False}, "not the answer to a tree"),
        ({"hasErrors": True, "results": []}, "not the answer to a tree"),
        ({"hasErrors": 0, "results": []}, "not the answer to a tree"),
        ([], "not the answer to a tree"),
        (b"", "the reply has no text"),
        (b'{"hasErrors":false,"results":[{"referenceId":"r1_2"', "not the answer to a tree"),
        (b"<html>welcome</html>", "the reply begins: <html>welcome</html>"),
    ],
)
def test_a_success_that_is_not_exactly_what_was_sent_is_in_doubt(answer: Any, oddity: str, reply: Replies):
    outcome = tree.decipher(reply(201, answer), REFERENCES)
    assert isinstance(outcome, InDoubt)
    assert outcome.reason.startswith("HTTP 201 was not understood: ")
    assert oddity in outcome.reason


@pytest.mark.parametrize("status", [202, 203, 206, 299, 302, 400, 500])
def test_a_success_counts_with_its_own_status_only(status: int, reply: Replies):
    answer = created(("r1_2", IDS[0]), ("r1_3", IDS[1]))
    assert isinstance(tree.decipher(reply(status, answer), REFERENCES), InDoubt)


def test_a_reference_that_was_sent_twice_proves_nothing(reply: Replies):
    answer = created(("r1_2", IDS[0]), ("r1_3", IDS[1]))
    assert isinstance(tree.decipher(reply(201, answer), ["r1_2", "r1_2"]), InDoubt)


def test_a_reason_shows_the_beginning_of_the_reply_in_one_line(reply: Replies):
    outcome = tree.decipher(reply(200, b"<html>\r\n\x1b[0m" + b"x" * 5000), REFERENCES)
    assert isinstance(outcome, InDoubt)
    assert outcome.reason.isprintable()
    assert outcome.reason.endswith("the reply begins: <html> [0m" + "x" * 190)


# ------------------------------------------------------------------ rejected


def test_all_errors_of_every_named_record_are_kept(reply: Replies):
    outcome = tree.decipher(reply(400, rejected(r1_2=["A", "B"], r1_3=["C"])), [*REFERENCES, "r1_4"])
    assert outcome == Rejected({"r1_2": (FieldError("A", "a"), FieldError("B", "b")), "r1_3": (FieldError("C", "c"),)})


def test_a_record_that_is_named_twice_has_the_errors_of_both(reply: Replies):
    answer = rejected(r1_2=["A"])
    answer["results"] += rejected(r1_2=["B"])["results"]
    assert tree.decipher(reply(400, answer), REFERENCES) == Rejected({"r1_2": (FieldError("A", "a"), FieldError("B", "b"))})


@pytest.mark.parametrize("code", ["PROCESSING_HALTED", "ALL_OR_NONE_OPERATION_ROLLED_BACK"])
def test_a_record_that_only_suffers_with_another_is_not_rejected(code: str, reply: Replies):
    outcome = tree.decipher(reply(400, rejected(r1_2=[code], r1_3=["STRING_TOO_LONG"])), REFERENCES)
    assert outcome == Rejected({"r1_3": (FieldError("STRING_TOO_LONG", "string_too_long"),)})


def test_where_all_records_only_suffer_nobody_is_named(reply: Replies):
    outcome = tree.decipher(reply(400, rejected(r1_2=["PROCESSING_HALTED"], r1_3=["PROCESSING_HALTED"])), REFERENCES)
    assert outcome == Nameless((FieldError("PROCESSING_HALTED", "processing_halted"),))


def test_a_row_lock_is_nobodys_fault_and_passes(reply: Replies):
    lock = FieldError("UNABLE_TO_LOCK_ROW", "unable_to_lock_row")
    answers = [
        rejected(r1_2=["UNABLE_TO_LOCK_ROW"]),
        rejected(r1_2=["UNABLE_TO_LOCK_ROW"], r1_3=["PROCESSING_HALTED"]),
        api_error("UNABLE_TO_LOCK_ROW", "unable_to_lock_row"),
    ]
    for answer in answers:
        assert tree.decipher(reply(400, answer), REFERENCES) == Hindered((lock,))


def test_beside_a_real_culprit_a_locked_record_is_innocent(reply: Replies):
    outcome = tree.decipher(reply(400, rejected(r1_2=["UNABLE_TO_LOCK_ROW"], r1_3=["A"])), REFERENCES)
    assert outcome == Rejected({"r1_3": (FieldError("A", "a"),)})


@pytest.mark.parametrize("code", ["INVALID_FIELD", "INVALID_TYPE", "INVALID_FIELD_FOR_INSERT_UPDATE"])
def test_an_error_of_the_job_refuses_the_request(code: str, reply: Replies):
    assert isinstance(tree.decipher(reply(400, api_error(code, "x")), REFERENCES), Refused)


def test_an_error_that_may_come_from_any_record_names_nobody(reply: Replies):
    trigger = FieldError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "NullPointerException")
    answer = api_error(trigger.code, trigger.message)
    assert tree.decipher(reply(400, answer), REFERENCES) == Nameless((trigger,))


@pytest.mark.parametrize(("holder", "held"), [("0035g00000AAAAA", to_18("0035g00000AAAAA")), ("<unknown>", "")])
def test_a_record_whose_value_is_there_already_is_told_with_the_id_that_holds_it(holder: str, held: str, reply: Replies):
    field = "Key__c" if held else "<unknown>"
    message = f"duplicate value found: {field} duplicates value on record with id: {holder}"
    answer = {
        "hasErrors": True,
        "results": [{"referenceId": "r1_2", "errors": [{"statusCode": "DUPLICATE_VALUE", "message": message}]}],
    }
    outcome = tree.decipher(reply(400, answer), REFERENCES, proof={"Other__c", "key__C"})
    assert isinstance(outcome, Rejected)
    assert outcome.existing == {"r1_2": held}
    assert tree.decipher(reply(400, answer), REFERENCES) == Rejected(outcome.errors)


def test_a_record_that_was_not_sent_is_left_out(reply: Replies):
    outcome = tree.decipher(reply(400, rejected(r9_9=["A"], r1_3=["B"])), REFERENCES)
    assert outcome == Rejected({"r1_3": (FieldError("B", "b"),)})


def test_a_rejection_that_names_only_strangers_is_a_refusal(reply: Replies):
    assert tree.decipher(reply(400, rejected(r9_9=["A"])), REFERENCES) == Refused(400, (FieldError("A", "a"),))


def test_a_rejection_that_names_nobody_is_a_refusal(reply: Replies):
    assert tree.decipher(reply(400, rejected()), REFERENCES) == Refused(400, ())


@pytest.mark.parametrize(
    "results",
    [
        None,
        {},
        [1],
        [{"errors": [{"statusCode": "A"}]}],
        [{"referenceId": "r1_2"}],
        [{"referenceId": "r1_2", "errors": []}],
        [{"referenceId": "r1_2", "errors": [{"errorCode": "A"}]}],
        [{"referenceId": "r1_2", "id": IDS[0]}],
        [{"referenceId": "r1_2", "errors": [{"statusCode": "A"}], "id": IDS[0]}],
    ],
)
def test_a_rejection_that_is_not_understood_is_in_doubt(results: Any, reply: Replies):
    assert isinstance(tree.decipher(reply(400, {"hasErrors": True, "results": results}), REFERENCES), InDoubt)


@pytest.mark.parametrize("status", [200, 201, 403, 404, 500, 503])
def test_a_rejection_counts_with_its_own_status_only(status: int, reply: Replies):
    assert isinstance(tree.decipher(reply(status, rejected(r1_2=["A"])), REFERENCES), InDoubt)


PARSER = "Cannot deserialize instance of date from VALUE_STRING value x or request may be missing a required field at "


@pytest.mark.parametrize(("line", "culprit"), [(1, None), (2, "r1_2"), (3, "r1_3"), (4, None), (0, None), (999_999_999, None)])
def test_a_parser_error_names_the_record_on_its_line(line: int, culprit: str | None, reply: Replies):
    answer = api_error("JSON_PARSER_ERROR", f"{PARSER}[line:{line}, column:55]")
    errors = (FieldError("JSON_PARSER_ERROR", f"{PARSER}[line:{line}, column:55]"),)
    expected = Rejected({culprit: errors}) if culprit else Nameless(errors)
    assert tree.decipher(reply(400, answer), REFERENCES) == expected


def test_a_parser_error_without_a_line_names_nobody(reply: Replies):
    assert isinstance(tree.decipher(reply(400, api_error("JSON_PARSER_ERROR", PARSER)), REFERENCES), Nameless)


def test_a_line_in_another_kind_of_error_names_nobody(reply: Replies):
    assert isinstance(tree.decipher(reply(400, api_error("INVALID_FIELD", "[line:2, column:1]")), REFERENCES), Refused)


# ------------------------------------------------------------------ refused, throttled and the rest


@pytest.mark.parametrize("status", [403, 404, 405, 410, 413, 414, 415, 431])
def test_a_refusal_in_the_orgs_own_words_is_one(status: int, reply: Replies):
    assert tree.decipher(reply(status, api_error("X", "y")), REFERENCES) == Refused(status, (FieldError("X", "y"),))


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("TotalRequests Limit exceeded.", Exhausted(f"{LIMIT}: TotalRequests Limit exceeded.")),
        (
            "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
            Throttled(f"{LIMIT}: ConcurrentRequests (Concurrent API Requests) Limit exceeded.", too_many=True),
        ),
        (
            "ConcurrentPerOrgLongTxn Limit exceeded.",
            Throttled(f"{LIMIT}: ConcurrentPerOrgLongTxn Limit exceeded.", too_long=True),
        ),
        ("Something new.", Throttled(f"{LIMIT}: Something new.")),
    ],
)
def test_the_faces_of_a_limit_are_told_apart_by_the_message(message: str, outcome: Outcome, reply: Replies):
    assert tree.decipher(reply(403, api_error(LIMIT, message)), REFERENCES) == outcome


CPU = "ImportTrigger: System.LimitException: Apex CPU time limit exceeded"


def test_what_is_too_much_for_the_orgs_own_code_is_nobodys_fault_whether_records_are_named_or_not(reply: Replies):
    nameless = reply(400, api_error("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", CPU))
    assert isinstance(tree.decipher(nameless, REFERENCES), Overtaxed)
    error = {"statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": CPU, "fields": []}
    named = {"hasErrors": True, "results": [{"referenceId": name, "errors": [error]} for name in REFERENCES]}
    assert isinstance(tree.decipher(reply(400, named), REFERENCES), Overtaxed)


def test_beside_a_fault_of_its_own_only_that_record_is_named(reply: Replies):
    cpu = {"statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": CPU, "fields": []}
    own = {"statusCode": "STRING_TOO_LONG", "message": "too long", "fields": ["LastName"]}
    results = [{"referenceId": name, "errors": [error]} for name, error in zip(REFERENCES, (cpu, own), strict=True)]
    outcome = tree.decipher(reply(400, {"hasErrors": True, "results": results}), REFERENCES)
    assert isinstance(outcome, Rejected)
    assert [*outcome.errors] == [REFERENCES[1]]


@pytest.mark.parametrize("status", [420, 429])
@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b'[{"errorCode":"X","message":"y"}]'])
def test_a_request_that_was_turned_away_at_the_edge_is_throttled(status: int, body: bytes, reply: Replies):
    outcome = tree.decipher(reply(status, body, retry_after="7"), REFERENCES)
    assert isinstance(outcome, Throttled)
    assert outcome.retry_after == 7
    assert outcome.reason


@pytest.mark.parametrize("code", ["SERVER_UNAVAILABLE", LIMIT])
def test_an_org_that_says_itself_that_it_is_down_has_done_nothing(code: str, reply: Replies):
    outcome = tree.decipher(reply(503, api_error(code, "later"), retry_after="30"), REFERENCES)
    assert outcome == Unavailable(f"{code}: later", 30.0)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'[{"errorCode":"UNKNOWN_EXCEPTION","message":"An unexpected error occurred."}]'),
        (502, b'[{"errorCode":"SERVER_UNAVAILABLE","message":"m"}]'),
        (503, b'[{"errorCode":"UNKNOWN_EXCEPTION","message":"m"}]'),
        (503, b"<html>maintenance</html>"),
        (503, b""),
        (504, b""),
        (409, b'[{"errorCode":"CONFLICT","message":"m"}]'),
        (302, b""),
        (204, b""),
        (202, b"{}"),
        (400, b"<html>bad request</html>"),
        (401, b"<html>who are you</html>"),
        (401, b""),
        (403, b"<html>blocked</html>"),
        (404, b"<html>lost</html>"),
        (407, b""),
        (413, b"<html>too large</html>"),
        (400, b"[]"),
        (400, b'["x"]'),
        (400, b'[{"message":"m"}]'),
        (400, b'{"hasErrors":false,"results":[]}'),
        (400, b'{"error":"invalid_grant"}'),
    ],
)
def test_what_does_not_prove_that_nothing_was_done_is_in_doubt(status: int, body: bytes, reply: Replies):
    outcome = tree.decipher(reply(status, body), REFERENCES)
    assert isinstance(outcome, InDoubt)
    assert outcome.reason.startswith(f"HTTP {status} was not understood: ")


def test_what_never_left_was_not_done():
    assert tree.decipher(NotSent("the name x is not known"), REFERENCES) == Unavailable("the name x is not known")


def test_what_left_and_was_not_answered_is_in_doubt():
    assert tree.decipher(NoReply("the reply broke off"), REFERENCES) == InDoubt("the reply broke off")


# ------------------------------------------------------------------ promises

words = st.sampled_from(["r1_2", "r1_3", "r1_4", *IDS, IDS[0][:15], "A", "PROCESSING_HALTED", "JSON_PARSER_ERROR", ""]) | st.text(
    max_size=4
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | words,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["hasErrors", "results", "referenceId", "id", "errors", "statusCode", "errorCode", "message", "fields"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=14,
)
results = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "referenceId": words,
            "id": words,
            "errors": st.lists(
                st.fixed_dictionaries(
                    {}, optional={"statusCode": words, "message": words, "fields": st.lists(words, max_size=2)}
                ),
                max_size=2,
            )
            | json_values,
        },
    ),
    max_size=3,
)
envelopes = st.fixed_dictionaries({"hasErrors": st.booleans() | json_values, "results": results | json_values})
api_arrays = st.lists(
    st.fixed_dictionaries({}, optional={"errorCode": words, "message": words | st.just("at [line:2, column:1]")}), max_size=2
)
bodies = st.binary(max_size=60) | (json_values | envelopes | api_arrays).map(orjson.dumps)
statuses = st.sampled_from([200, 201, 400, 401, 403, 503]) | st.integers(100, 599)


@given(statuses, bodies)
@settings(max_examples=600)
def test_any_reply_has_one_outcome_and_only_proof_settles(status: int, body: bytes):
    """Checked against a second, slow reading of the vendor's pages."""
    delivery: Delivery = Reply(status, {}, body)
    match tree.decipher(delivery, REFERENCES):
        case Created(ids):
            answer = orjson.loads(body)
            assert status in {200, 201}
            assert answer["hasErrors"] is False
            assert sorted((result["referenceId"], result["id"]) for result in answer["results"]) == sorted(ids.items())
            assert sorted(ids) == REFERENCES
            assert len(set(ids.values())) == 2
            assert all(is_record_id(record_id) for record_id in ids.values())
        case Rejected(errors):
            answer = orjson.loads(body)
            assert status in {400, 403, 404, 405, 410, 413, 414, 415, 431}
            assert errors
            assert set(errors) <= set(REFERENCES)
            assert all(errors.values())
            if isinstance(answer, dict):
                assert (status, answer["hasErrors"]) == (400, True)
                assert set(errors) <= {result["referenceId"] for result in answer["results"]}
                assert not any(result.get("id") for result in answer["results"])
            else:
                assert "JSON_PARSER_ERROR" in {error["errorCode"] for error in answer}
        case InDoubt(reason) | Throttled(reason) | Exhausted(reason) | Unavailable(reason) | SessionExpired(reason):
            assert reason.isprintable()
        case Nameless(errors) | Hindered(errors) | Overtaxed(errors):
            assert status == 400
            assert errors
        case Refused():
            assert 400 <= status < 500
        case Partly():
            pytest.fail("a tree creates all of its records or none")


@given(st.lists(st.text(DIGITS, min_size=15, max_size=15).map(to_18), min_size=1, max_size=30, unique=True), st.randoms())
def test_created_is_seen_in_any_order_and_with_nothing_missing(ids: list[str], dice: Any):
    names = references(1, range(2, 2 + len(ids)))
    pairs = list(zip(names, ids, strict=True))
    dice.shuffle(pairs)
    assert tree.decipher(Reply(201, {}, orjson.dumps(created(*pairs))), names) == Created(dict(pairs))
    assert isinstance(tree.decipher(Reply(201, {}, orjson.dumps(created(*pairs[1:]))), names), InDoubt)


def test_constants_are_set_on_every_record():
    records = encoder("Lead", {"LeadSource": "Web", "IsUnreadByOwner": True})(["r1_2", "r1_3"], [b'{"LastName":"A"}', b"{}"])
    constants = {"LeadSource": "Web", "IsUnreadByOwner": True}
    assert orjson.loads(records[0]) == {"attributes": {"type": "Lead", "referenceId": "r1_2"}, **constants, "LastName": "A"}
    assert orjson.loads(records[1]) == {"attributes": {"type": "Lead", "referenceId": "r1_3"}, **constants}
