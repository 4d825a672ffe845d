import unicodedata
from collections import defaultdict

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.mapping.duplicates import DIGEST, DuplicateRules, Keys, normalised, without_repeats
from pipeline.model.made import Made
from pipeline.model.record import DUPLICATE_IN_FILE, FieldError
from pipeline.model.row import CellBlock, InputFile, ObjectBlock

CSV = InputFile(1, "people.csv", "csv", 0, "", columns=("Email", "Last Name", "City"))
JSON = InputFile(2, "people.jsonl", "jsonl", 0, "", columns=("Email", "LastName"))
WRONG = (FieldError("INVALID_VALUE", "x"),)


def cells(*rows) -> CellBlock:
    lines = range(2, 2 + len(rows))
    return CellBlock(lines, lines, [b""] * len(rows), rows=[list(row) for row in rows])


def objects(*lines: bytes) -> ObjectBlock:
    numbers = range(1, 1 + len(lines))
    return ObjectBlock(numbers, numbers, lines, rows=[orjson.loads(line) for line in lines])


def keys(*columns: str, compare="exact", files=(CSV, JSON)) -> Keys:
    return Keys(DuplicateRules(columns=columns, compare=compare), files)


def alike(digests: list[bytes]) -> list[list[int]]:
    """Positions with the same digest, those without one left out."""
    groups = defaultdict(list)
    for position, digest in enumerate(digests):
        if digest:
            groups[digest].append(position)
    return list(groups.values())


NAMES = st.sampled_from(["", " ", "a", "A", "a ", "\uff41", "b", "ß", "ss", "a  b", "a b", "1:a", ":"]) | st.text(max_size=3)


@given(st.lists(st.tuples(NAMES, NAMES, NAMES)))
def test_exactly_the_rows_with_the_same_values_have_the_same_digest(rows):
    by_value = defaultdict(list)
    for position, (email, _, city) in enumerate(rows):
        if email.strip() and city.strip():
            by_value[email, city].append(position)
    digests = keys("Email", "City").digests(CSV, cells(*rows))
    assert alike(digests) == list(by_value.values())
    assert {len(digest) for digest in digests} <= {0, DIGEST}


@given(st.lists(NAMES))
def test_normalised_only_what_is_the_same_without_case_forms_and_blanks_has_the_same_digest(names):
    by_value = defaultdict(list)
    for position, name in enumerate(names):
        if same := " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split()):
            by_value[same].append(position)
    digests = keys("Email", compare="normalised").digests(CSV, cells(*((name, "", "") for name in names)))
    assert alike(digests) == list(by_value.values())


@pytest.mark.parametrize(
    "same",
    [
        ("a@x.org", "A@X.ORG", " a@x.org\u00a0"),
        ("José", "Jose\u0301", "JOSÉ"),
        ("Straße", "STRASSE", "strasse"),
        ("ﬁn", "fin", "\uff46\uff49\uff4e"),
        ("de la  Cruz", "De La\tCruz", "de\u3000la cruz"),
        ("ΟΔΥΣΣΕΎΣ", "οδυσσεύς"),
    ],
)
def test_spellings_that_people_take_for_the_same_are_the_same_once_normalised(same):
    assert len({normalised(spelling) for spelling in same}) == 1
    assert len(alike(keys("Email").digests(CSV, cells(*((spelling, "", "") for spelling in same))))) == len(same)


def test_letters_that_only_look_alike_stay_apart():
    assert len({normalised(letter) for letter in ("a", "\u0430", "á", "ä", "\u03b1")}) == 5


def test_csv_and_json_rows_with_the_same_values_are_the_same():
    each = keys("email", "last name", files=[CSV, InputFile(2, "x.jsonl", "jsonl", 0, "")])
    (of_csv,) = each.digests(CSV, cells(("a@x.org", "17", "Oslo")))
    lines = (b'{"Email": "a@x.org", "Last Name": 17}', b'{"LAST NAME": "17", "EMAIL": "a@x.org", "x": 1}')
    assert set(each.digests(InputFile(2, "x.jsonl", "jsonl", 0, ""), objects(*lines))) == {of_csv}


@pytest.mark.parametrize("value", [b"null", b'""', b'" "', b"[1]", b'{"a": 1}'])
def test_a_json_row_without_a_value_that_can_be_compared_has_no_key(value):
    assert keys("Email").digests(JSON, objects(b'{"Email": ' + value + b"}", b'{"LastName": "Kim"}')) == [b"", b""]


def test_numbers_are_compared_digit_for_digit_however_many_they_have():
    numbers = (b"12345678901234567890123", b"12345678901234567890124", b"0.1", b"0.10000000000000000001", b"1", b"1.0", b"true")
    digests = keys("Email").digests(JSON, objects(*(b'{"Email": %s}' % number for number in (*numbers, *numbers))))
    assert alike(digests) == [[at, at + len(numbers)] for at in range(len(numbers))]


def test_a_number_behind_a_key_that_is_written_in_another_way_is_taken_for_no_other():
    lines = (b'{"E\\u006dail": 1e30}', b'{"E\\u006dail": 1e30, "x": 1}')
    assert len(alike(keys("Email").digests(JSON, objects(*lines)))) == 2


def test_a_name_is_found_in_any_case_but_first_as_it_is_written():
    file = InputFile(1, "x.csv", "csv", 0, "", columns=("EMAIL", "email"))
    (digest,) = keys("email", files=[file]).digests(file, cells(("a", "b")))
    assert [digest] == keys("Email").digests(CSV, cells(("b", "", "")))


def test_a_column_that_a_csv_file_lacks_is_named_with_the_nearest():
    with pytest.raises(UsageError) as wrong:
        keys("E-Mail", "Fax")
    assert str(wrong.value).splitlines() == [
        "duplicates.columns: people.csv has no column 'E-Mail'; did you mean 'Email'?",
        "duplicates.columns: people.csv has no column 'Fax'; it has Email, Last Name, City",
    ]


def test_a_key_that_no_json_row_has_is_a_mistake_once_all_have_been_seen():
    each = keys("LastName", "Nickname", files=[JSON])
    each.check(JSON)
    each.digests(JSON, objects(b'{"LastName": "Kim"}', b'{"LastName": "Lee"}'))
    with pytest.raises(UsageError, match="has no row with a key 'Nickname'; it has Email, LastName"):
        each.check(JSON)
    each.digests(JSON, objects(b'{"Nickname": "Kimmy"}'))
    each.check(JSON)


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ({"columns": ("A", "a")}, "different"),
        ({"columns": ("A", "")}, "names of columns"),
        ({"keep": "none"}, "is required"),
        ({"compare": "normalised"}, "is required"),
    ],
)
def test_rules_that_mean_nothing_are_refused(rules, fault):
    with pytest.raises(ValueError, match=fault):
        DuplicateRules(**rules)


def mapped(keep, faults, repeats):
    rules = DuplicateRules(columns=("First Name", "Last Name"), keep=keep)
    each_once = without_repeats(lambda block: Made([""] * 3, [b"{}"] * 3, faults, "Contact"), rules, lambda lines: repeats)
    return each_once(cells(("a",), ("b",), ("c",))).faults


def test_a_row_for_which_an_earlier_one_stands_is_a_duplicate_and_nothing_else():
    faults = mapped("first", {0: WRONG, 1: WRONG}, {1: "line 2 of a.csv"})
    same = "has the same First Name and Last Name as line 2 of a.csv"
    assert faults == {0: WRONG, 1: (FieldError(DUPLICATE_IN_FILE, same, ("First Name", "Last Name")),)}


def test_a_row_that_is_rejected_as_others_have_its_key_keeps_what_else_is_wrong_with_it():
    faults = mapped("none", {1: WRONG}, {1: "line 2", 2: "line 2"})
    assert [error.code for error in faults[1]] == ["INVALID_VALUE", "NOT_UNIQUE_IN_FILE"]
    assert [error.code for error in faults[2]] == ["NOT_UNIQUE_IN_FILE"]
