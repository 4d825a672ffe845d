"""Records as the CSV of bulk jobs, and files of results joined to what was sent."""

import csv
import io
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.outcome import Created, InDoubt, Partly, Refused
from pipeline.model.record import FieldError
from pipeline.model.record_id import to_18
from pipeline.salesforce import bulk_csv
from pipeline.salesforce.bulk import Job, JobState, Results
from pipeline.salesforce.bulk_csv import NotOurs, outcome, upload

FAILED = Path(__file__).parents[1] / "fixtures/http/amp-labs/bulk/info/partial-failure.csv"
DONE = Job("750SM0000000001YAA", JobState.COMPLETE, 2, 0)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
records = st.lists(
    st.dictionaries(
        st.sampled_from(["A", "B__c", "C"]), st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts, min_size=1
    ),
    min_size=1,
    max_size=6,
)


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def key(number: int) -> str:
    return to_18(f"003SM{number:010d}")


def written(kind: str, rows: list[list[str]], fields: list[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([["sf__Id", kind, *fields], *rows])
    return text.getvalue().encode()


def cell(value) -> str:
    if value is None or value == "":
        return "#N/A"
    return value if isinstance(value, str) else str(value).lower()


@given(records)
def test_each_value_is_one_cell_under_its_field(made):
    header, *lines = cells(upload([orjson.dumps(record) for record in made]).content)
    assert set(header) == {name for record in made for name in record}
    for record, line in zip(made, lines, strict=True):
        assert line == [cell(record[name]) if name in record else "" for name in header]


def test_numbers_stay_digit_for_digit():
    sent = upload([b'{"A":1.10,"B":-0.30000000000000001,"C":1e400,"D":12345678901234567890}'])
    assert sent.content == b"A,B,C,D\n1.10,-0.30000000000000001,1e400,12345678901234567890\n"


BLANKS = st.sampled_from(["", " ", "\t", "  "])


@given(records, BLANKS, BLANKS, BLANKS)
def test_a_record_is_the_same_however_it_was_written(made, before, between, behind):
    """Blanks may stand around each sign, and every letter be escaped."""
    for record in made:
        members = [
            f"{before}{orjson.dumps(name).decode()}{between}:{behind}{orjson.dumps(value).decode()}{between}"
            for name, value in record.items()
        ]
        spaced = f"{{{','.join(members)}{behind}}}"
        assert bulk_csv.compact(spaced.encode()) == orjson.dumps(record)
        assert bulk_csv.compact(orjson.dumps(record)) == orjson.dumps(record)


@pytest.mark.parametrize("text", ['{"A":{"B":1}}', '{"A": [1, 2], "B": "x"}', '{"A":[]}', '{"A":"x","B":{}}'])
def test_what_is_nested_is_no_cell(text: str):
    assert bulk_csv.compact(text.encode()) is None


def test_names_may_be_escaped_and_numbers_stay_as_they_are():
    assert bulk_csv.compact(b'{"\\u0041" :1.10 ,"B": "x, \\"y\\": 1"}') == b'{"A":1.10,"B":"x, \\"y\\": 1"}'


def test_a_text_that_would_be_taken_for_nothing_is_found_and_no_other():
    assert bulk_csv.means_nothing(b'{"A":"#N/A"}')
    assert bulk_csv.means_nothing(b'{"A":"\\u0023N/A"}')
    assert not bulk_csv.means_nothing(b'{"A":":\\"#N/A\\"","B":"#N/A ","C":null}')


@given(records, st.randoms())
def test_each_record_gets_an_id_of_its_own_whatever_the_order_of_the_results(made, dice):
    """Records that are alike may stand for each other."""
    encoded = [orjson.dumps({name: value for name, value in record.items() if not isinstance(value, int)}) for record in made]
    encoded = [record for record in encoded if record != b"{}"] or [b'{"A":"x"}']
    sent = upload(encoded)
    header, *lines = cells(sent.content)
    dice.shuffle(lines)
    split = dice.randrange(len(lines) + 1)
    good = written("sf__Created", [[key(at), "true", *line] for at, line in enumerate(lines[:split])], header)
    wrong = written("sf__Error", [["", "TOO_BAD:no: really:A --", *line] for line in lines[split:]], header)
    names = [f"r1_{at}" for at in range(len(encoded))]
    told = outcome(DONE, {Results.SUCCESSFUL: good, Results.FAILED: wrong}, names, sent)
    rows = dict(zip(names, cells(sent.content)[1:], strict=True))
    by_id = {key(at): line for at, line in enumerate(lines)}
    match told:
        case Created(ids):
            assert split == len(lines)
            assert ids.keys() == set(names)
        case Partly(ids, errors):
            assert ids.keys() | errors.keys() == set(names)
            assert set(errors.values()) == {(FieldError("TOO_BAD", "no: really", ("A",)),)}
        case _:
            raise AssertionError(told)
    assert sorted(ids.values()) == sorted(by_id)[:split]
    assert all(by_id[ids[name]] == rows[name] for name in ids)


def test_the_unique_field_says_which_record_a_row_is_about_though_other_cells_came_back_changed():
    sent = upload([b'{"Key__c":"a","N":1}', b'{"Key__c":"b","N":1}'])
    rows = written("sf__Created", [[key(2), "true", "b", "1.0"], [key(1), "true", "a", "1.0"]], ["Key__c", "N"])
    assert outcome(DONE, {Results.SUCCESSFUL: rows}, ["x", "y"], sent, {"Key__c"}) == Created({"y": key(2), "x": key(1)})
    assert isinstance(outcome(DONE, {Results.SUCCESSFUL: rows}, ["x", "y"], sent), InDoubt)


@pytest.mark.parametrize(
    "rows",
    [
        [[key(1), "true", "a"]],
        [[key(1), "true", "a"], [key(1), "true", "b"]],
        [[key(1), "true", "a"], ["no id", "true", "b"]],
        [[key(1), "true", "a"], [key(2), "true", "c"]],
        [[key(1), "true", "a"], [key(2), "true", "b"], [key(3), "true", "b"]],
        [[key(1), "true", "a"], [key(2), "true"]],
    ],
)
def test_results_that_are_not_those_of_each_record_are_in_doubt(rows):
    told = outcome(
        DONE, {Results.SUCCESSFUL: written("sf__Created", rows, ["A"])}, ["x", "y"], upload([b'{"A":"a"}', b'{"A":"b"}'])
    )
    assert isinstance(told, InDoubt)


@given(st.binary(max_size=60))
def test_any_bytes_are_in_doubt_at_worst(body):
    told = outcome(DONE, {Results.SUCCESSFUL: body}, ["x"], upload([b'{"A":"a"}']))
    assert isinstance(told, InDoubt)


def test_what_a_job_did_not_come_to_may_go_again():
    sent = upload([b'{"A":"a"}', b'{"A":"b"}'])
    good = written("sf__Created", [[key(1), "true", "b"]], ["A"])
    failed = Job(DONE.id, JobState.FAILED, 1, 0, "InternalServerError")
    told = outcome(failed, {Results.SUCCESSFUL: good, Results.UNPROCESSED: b"A\na\n"}, ["x", "y"], sent)
    assert told == Partly({"y": key(1)}, {}, {}, {"x": (bulk_csv.UNPROCESSED,)})


@pytest.mark.parametrize(("state", "code"), [(JobState.FAILED, "FAILED"), (JobState.ABORTED, "ABORTED")])
def test_a_job_that_did_nothing_at_all_refuses_all_of_it(state, code):
    job = Job(DONE.id, state, 0, 0, "InvalidBatch : Field name not found : B")
    told = outcome(
        job, {Results.SUCCESSFUL: b"", Results.FAILED: b"", Results.UNPROCESSED: b"A\na\n"}, ["x"], upload([b'{"A":"a"}'])
    )
    assert isinstance(told, Refused)
    assert told.errors[0].code == code


def test_a_recorded_file_of_failed_records_is_read():
    fields = bulk_csv.fields_of({Results.FAILED: FAILED.read_bytes()})
    cells = b'"external_id__c":"external-id-3","CloseDate":"2003-04-987654321987654321"'
    row = b'{"Name":"Noemi Miller","StageName":"GENERATED",%b}' % cells
    told = outcome(DONE, {Results.FAILED: FAILED.read_bytes()}, ["x", "y"], upload([row, row], fields), whole=False)
    assert isinstance(told, InDoubt), "one of the two is missing"
    told = outcome(DONE, {Results.FAILED: FAILED.read_bytes()}, ["x"], upload([row], fields), whole=False)
    assert isinstance(told, Refused), "each record failed by a field"
    (error,) = told.errors
    assert (error.code, error.fields) == ("INVALID_FIELD", ("CloseDate",))
    assert error.message.endswith("is not a valid value for the type xsd:date")


def test_columns_that_are_not_ours_are_refused():
    with pytest.raises(NotOurs):
        upload([b'{"A":"a"}'], (b"B",))
