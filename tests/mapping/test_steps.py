import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mapping.checks import Refused
from pipeline.mapping.rules import FieldRules
from pipeline.mapping.steps import joiner, steps_of

CLEANINGS = st.lists(st.sampled_from(["strip", "collapse", "lower", "upper"]), max_size=3).map(tuple)
WORDS = st.text(alphabet="aB ,.-9ß\t", max_size=12)


def made(text: str, **rules):
    return steps_of(FieldRules(from_="a", **rules), "string", None)([text])[0]


@given(WORDS, WORDS)
def test_a_name_without_a_comma_is_split_so_that_no_letter_is_lost(first: str, last: str):
    name = f"{first} {last}".replace(",", "")
    assert "".join((made(name, part="first") + made(name, part="last")).split()) == "".join(name.split())


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Jane Doe", "Jane", "Doe"),
        ("Anna  Maria von Stein ", "Anna  Maria von", "Stein"),
        ("Doe, Jane", "Jane", "Doe"),
        ("Doe,", "", "Doe"),
        ("Prince", "", "Prince"),
        ("", "", ""),
        ("  ", "", ""),
    ],
)
def test_a_single_word_is_a_last_name_and_a_comma_turns_names_round(name: str, first: str, last: str):
    assert (made(name, part="first"), made(name, part="last")) == (first, last)


def test_a_name_with_two_commas_can_not_be_told_apart():
    with pytest.raises(ValueError, match="has more than one comma"):
        made("Doe, Jane, Dr.", part="last")


@pytest.mark.parametrize(
    ("part", "piece"), [("first", "a"), ("last", "c"), ("rest", "b/c"), (1, "a"), (2, "b"), (3, "c"), (4, "")]
)
def test_a_piece_is_counted_from_one(part: str | int, piece: str):
    assert made("a/b/c", split="/", part=part) == piece


@given(WORDS)
def test_first_and_rest_are_the_whole(text: str):
    first, rest = made(text, split="-", part="first"), made(text, split="-", part="rest")
    assert (f"{first}-{rest}" if "-" in text else first) == text


def test_cleaning_goes_in_the_order_that_was_given():
    assert made(" A  b\t", clean=("strip", "collapse", "upper")) == "A B"
    assert made(" A ", clean=()) == " A "
    assert made("ß", clean=("upper", "lower")) == "ss"
    assert made("ß", clean=("lower", "upper")) == "SS"


def test_a_value_that_is_not_mapped_is_a_fault_or_kept():
    values = {"Herr": "Mr.", "-": ""}
    assert [made(text, values=values) for text in ("Herr", "-", "")] == ["Mr.", "", ""]
    with pytest.raises(ValueError, match="is not among the values"):
        made("herr", values=values)
    assert made("herr", values=values, other="keep") == "herr"


def test_the_default_stands_where_nothing_is_left():
    assert made(" ", clean=("strip",), values={"x": ""}, default="y") == "y"
    assert made("x", values={"x": ""}, default="y") == "y"
    step = steps_of(FieldRules(from_="a", date="%d.%m.%Y", default="1.2.2003"), "date", None)
    assert [*step(["", "3.2.2001"])] == ["2003-02-01", "2001-02-03"]


def test_several_columns_are_joined_without_the_empty_ones():
    rules = FieldRules(from_=("a", "b", "c"), join="/", null_words=("-",))
    assert [*joiner(rules)([["1", "", "-"], ["2", "x", ""], ["3", "", "-"]])] == ["1/2/3", "x", ""]


def test_null_words_are_exact():
    assert [*joiner(FieldRules(from_="a", null_words=("N/A",)))([["N/A", "n/a", " N/A"]])] == ["", "n/a", " N/A"]


def own(text: str) -> object:
    if text == "odd":
        raise ValueError("is odd")
    if text == "silent":
        raise ValueError
    if text == "bad":
        raise KeyError(text)
    return {"none": None, "number": 5}.get(text, text * 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("odd", "is odd (says m:own)"),
        ("silent", "is refused (says m:own)"),
        ("bad", "can't be taken by m:own: KeyError: 'bad'"),
        ("number", "makes m:own return int, and not text or None"),
    ],
)
def test_whatever_a_function_does_is_the_fault_of_the_row(text: str, said: str):
    with pytest.raises(Refused) as refused:
        steps_of(FieldRules(from_="a", function="m:own"), "string", own)([text])
    assert (refused.value.code, str(refused.value)) == ("FUNCTION_FAILED", said)


def test_a_function_gets_no_empty_text_and_may_make_nothing():
    assert [*steps_of(FieldRules(from_="a", function="m:own"), "string", own)(["", "none", "ab"])] == ["", "", "abab"]


def test_what_is_remembered_is_bounded_and_changes_nothing():
    called = []

    def turn(text: str) -> str:
        called.append(text)
        return text[::-1]

    texts = [f"number {number}" for number in range(25_000)]
    step = steps_of(FieldRules(from_="a", function="m:f"), "string", turn)
    assert [*step([*texts[:9_000], *texts[:9_000], *texts])] == [text[::-1] for text in [*texts[:9_000], *texts[:9_000], *texts]]
    assert called == texts, "equal texts that follow soon are made once"
    assert [*step(texts[:1])] == [texts[0][::-1]]
    assert called[-1] == texts[0], "what was long ago is forgotten"


@given(
    st.lists(st.text(), max_size=5),
    CLEANINGS,
    st.sampled_from(["", "-"]),
    st.sampled_from(["whole", "first", "last"]),
    st.dictionaries(st.text(max_size=2), st.text(max_size=2)),
    st.sampled_from(["", "x"]),
)
def test_a_column_is_made_as_each_of_its_texts_is_or_is_refused(texts, clean, split, part, values, default):
    rules = FieldRules(from_="a", clean=clean, split=split if part != "whole" else "", part=part, values=values, default=default)
    step = steps_of(rules, "string", None)
    one_by_one = []
    for text in texts:
        try:
            one_by_one += step([text])
        except ValueError:
            one_by_one.append(None)
    try:
        assert [*step(texts)] == one_by_one
    except ValueError:
        assert None in one_by_one
