"""composite/sobjects: the request, and what every kind of reply means."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model.outcome import Created, InDoubt, Nameless, Overtaxed, Partly, Refused, Rejected, Unavailable
from pipeline.model.record import FieldError
from pipeline.model.wire import Delivery, NoReply, NotSent, Purpose, Reply
from pipeline.salesforce import collections

IDS = ["003ak00000luKU1AAM", "003ak00000luKU2AAM"]
REFERENCES = ["r1_2", "r1_3"]
RECORDED = "http/amp-labs/batch"


def good(record_id: str) -> dict[str, Any]:
    return {"id": record_id, "success": True, "errors": []}


def bad(*codes: str, **more: Any) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": code.lower(), "fields": []} for code in codes], **more}


def errors(*codes: str) -> tuple[FieldError, ...]:
    return tuple(FieldError(code, code.lower()) for code in codes)


def test_a_request_has_one_record_a_line_and_lets_each_fare_by_itself():
    request = collections.build("67.0", "Contact", [b'{"a":1}', b'{"b":2}'], Purpose.LOAD)
    assert (request.method, request.path) == ("POST", "/services/data/v67.0/composite/sobjects")
    assert request.body == b'{"allOrNone":false,"records":[\n{"a":1},\n{"b":2}\n]}'


def test_recorded_answers_mean_what_they_meant(recorded):
    created = recorded(f"{RECORDED}/create/contacts/success.json")
    assert collections.decipher(Reply(200, {}, created), REFERENCES) == Created(dict(zip(REFERENCES, IDS, strict=True)))
    rolled_back = collections.decipher(
        Reply(200, {}, recorded(f"{RECORDED}/create/contacts/partial-but-allOrNone.json")), REFERENCES
    )
    missing = FieldError("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ("LastName",))
    assert isinstance(rolled_back, Partly)
    assert (rolled_back.ids, rolled_back.errors, [*rolled_back.hindered]) == ({}, {"r1_2": (missing,)}, ["r1_3"])
    empty = collections.decipher(Reply(400, {}, recorded(f"{RECORDED}/create/contacts/err-bad-request.json")), REFERENCES)
    assert isinstance(empty, Nameless)
    each = collections.decipher(Reply(400, {}, recorded(f"{RECORDED}/update/contacts/err-each-no-ids.json")), REFERENCES)
    assert isinstance(each, Partly), "records' own errors count whatever the status"
    assert each.errors.keys() == {*REFERENCES}


def test_each_record_fares_by_itself(reply):
    outcome = collections.decipher(reply(200, [bad("A", "B"), good(IDS[0])]), REFERENCES)
    assert outcome == Partly({"r1_3": IDS[0]}, {"r1_2": errors("A", "B")})


def test_a_row_lock_hinders_its_record_alone(reply):
    outcome = collections.decipher(reply(200, [good(IDS[0]), bad("UNABLE_TO_LOCK_ROW")]), REFERENCES)
    assert outcome == Partly({"r1_2": IDS[0]}, {}, {}, {"r1_3": errors("UNABLE_TO_LOCK_ROW")})


def test_where_all_records_were_too_much_for_the_orgs_own_code_the_request_was(reply):
    error = {"statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": "Apex CPU time limit exceeded", "fields": []}
    answer = [{"success": False, "errors": [error]}] * len(REFERENCES)
    assert isinstance(collections.decipher(reply(200, answer), REFERENCES), Overtaxed)


def test_a_value_that_another_record_has_names_it(reply):
    message = f"duplicate value found: Key__c duplicates value on record with id: {IDS[1][:15]}"
    taken = {"success": False, "errors": [{"statusCode": "DUPLICATE_VALUE", "message": message, "fields": ["Key__c"]}]}
    outcome = collections.decipher(reply(200, [taken, good(IDS[0])]), REFERENCES, proof={"Key__c"})
    assert isinstance(outcome, Partly)
    assert outcome.existing == {"r1_2": IDS[1]}


def test_what_is_wrong_with_all_records_and_with_none_of_them_is_wrong_with_the_request(reply):
    assert collections.decipher(reply(200, [bad("INVALID_FIELD")] * 2), REFERENCES) == Refused(200, errors("INVALID_FIELD"))
    one = collections.decipher(reply(200, [bad("INVALID_FIELD"), bad("STRING_TOO_LONG")]), REFERENCES)
    assert isinstance(one, Partly)
    assert one.errors.keys() == {*REFERENCES}


@pytest.mark.parametrize(
    "results",
    [
        [good(IDS[0])],
        [good(IDS[0]), good(IDS[1]), good(IDS[0])],
        [good(IDS[0]), good(IDS[0])],
        [good(IDS[0]), good("003ak00000luKU2AAX")],
        [good(IDS[0]), {"success": True, "errors": []}],
        [good(IDS[0]), {"success": False, "errors": []}],
        [good(IDS[0]), good(IDS[1]) | {"errors": [{"statusCode": "A"}]}],
        [good(IDS[0]), {"success": "true", "id": IDS[1], "errors": []}],
        [good(IDS[0]), "x"],
    ],
)
def test_results_that_are_not_those_of_the_records_prove_nothing(reply, results: list[Any]):
    assert isinstance(collections.decipher(reply(200, results), REFERENCES), InDoubt)


def test_an_id_beside_a_failure_is_no_record(reply):
    outcome = collections.decipher(reply(200, [bad("A", id=IDS[1]), good(IDS[0])]), REFERENCES)
    assert outcome == Partly({"r1_3": IDS[0]}, {"r1_2": errors("A")})


def test_what_did_not_come_back_is_in_doubt_and_what_did_not_leave_is_not():
    assert collections.decipher(NoReply("cut"), REFERENCES) == InDoubt("cut")
    assert collections.decipher(NotSent("refused"), REFERENCES) == Unavailable("refused")


def test_a_parser_error_names_the_record_on_its_line(reply):
    error = [{"errorCode": "JSON_PARSER_ERROR", "message": "Unexpected character at [line:3, column:5]"}]
    outcome = collections.decipher(reply(400, error), REFERENCES)
    assert isinstance(outcome, Rejected)
    assert outcome.errors.keys() == {"r1_3"}


json_values = st.recursive(
    st.none() | st.booleans() | st.sampled_from([*IDS, "A", ""]), lambda x: st.lists(x, max_size=2), max_leaves=3
)
error_values = st.lists(
    st.fixed_dictionaries({}, optional={"statusCode": st.sampled_from(["A", "UNABLE_TO_LOCK_ROW"])}), max_size=2
)
result_values = (
    st.fixed_dictionaries(
        {}, optional={"success": st.booleans() | json_values, "id": st.sampled_from(IDS) | json_values, "errors": error_values}
    )
    | json_values
)


@given(st.sampled_from([200, 201, 400, 500]), st.binary(max_size=40) | st.lists(result_values, max_size=3).map(orjson.dumps))
@settings(max_examples=500)
def test_any_reply_has_one_outcome_and_each_record_one_fate(status: int, body: bytes):
    delivery: Delivery = Reply(status, {}, body)
    match collections.decipher(delivery, REFERENCES):
        case Created(ids):
            assert [result["id"] for result in orjson.loads(body)] == [ids[name] for name in REFERENCES]
        case Partly(ids, named, _, hindered):
            answer = dict(zip(REFERENCES, orjson.loads(body), strict=True))
            assert sorted([*ids, *named, *hindered]) == REFERENCES
            assert {name for name in REFERENCES if answer[name]["success"] is True} == {*ids}
        case Refused() | InDoubt() | Nameless() | Rejected():
            pass
        case outcome:
            pytest.fail(f"{outcome} for HTTP {status} {body!r}")
