import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulator.soql import Comparison, Condition, Joined, Not, Query, parse
from pipeline.simulator.soql_tokens import SoqlError


def where(condition: str) -> str:
    """Write a condition back, so that its grouping shows."""
    query = parse(f"SELECT Id FROM Contact WHERE {condition}")

    def shown(part: Condition | None) -> str:
        match part:
            case Comparison(field, operator, literals):
                return f"{field.text} {operator} {[literal.value for literal in literals]}"
            case Not(inner):
                return f"not({shown(inner)})"
            case Joined(operator, parts):
                return f"({f' {operator} '.join(map(shown, parts))})"
            case None:
                return ""

    return shown(query.where)


def test_a_whole_query_is_read():
    query = parse("select Id, LastName from Contact where A = 1 order by B desc nulls last, C limit 5 offset 2")
    assert [name.text for name in query.fields] == ["Id", "LastName"]
    assert query.source.text == "Contact"
    assert [(key.field.text, key.descending, key.nulls_last) for key in query.order] == [("B", True, True), ("C", False, False)]
    assert (query.limit, query.offset, query.count) == (5, 2, None)


def test_nulls_come_first_unless_it_is_said():
    assert [key.nulls_last for key in parse("SELECT Id FROM X ORDER BY A NULLS FIRST, B ASC").order] == [False, False]


@pytest.mark.parametrize(
    ("text", "field", "alias"),
    [("COUNT()", None, "expr0"), ("count(Id)", "Id", "expr0"), ("COUNT(Id) CNT", "Id", "CNT")],
)
def test_counts_are_read(text: str, field: str | None, alias: str):
    count = parse(f"SELECT {text} FROM Contact").count
    assert count is not None
    assert (count.field and count.field.text, count.alias) == (field, alias)


@pytest.mark.parametrize(
    ("condition", "grouped"),
    [
        ("A = 'x'", "A = ['x']"),
        ("A <> null", "A != [None]"),
        ("A = TRUE and B != false", "(A = [True] AND B != [False])"),
        ("A >= 1.5 AND B <= -2 AND C > +3 AND D < .5", "(A >= [1.5] AND B <= [-2] AND C > [3] AND D < [0.5])"),
        ("A IN ('x','y') AND B NOT IN (1)", "(A IN ['x', 'y'] AND B NOT IN [1])"),
        ("A LIKE 'x%'", "A LIKE ['x%']"),
        ("A = 2024-01-02", "A = ['2024-01-02']"),
        ("A > 2024-01-02T03:04:05.678+01:00", "A > ['2024-01-02T03:04:05.678+01:00']"),
        ("(A = 1 OR B = 2) AND NOT C = 3", "((A = [1] OR B = [2]) AND not(C = [3]))"),
        ("NOT (A = 1)", "not(A = [1])"),
    ],
)
def test_conditions_are_read(condition: str, grouped: str):
    assert where(condition) == grouped


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("SELECT Id FORM Contact", 10, "unexpected token: 'FORM'"),
        ("SELECT FROM Contact", 7, "unexpected token: 'FROM'"),
        ("SELECT Id FROM Contact WHERE", 28, "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Contact WHERE A", 30, "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Contact WHERE A = ", 33, "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Contact WHERE A = 'x", 33, "unexpected token: '''"),
        ("SELECT Id FROM Contact WHERE A = x", 33, "unexpected token: 'x'"),
        ("SELECT Id FROM Contact WHERE A IN ()", 35, "unexpected token: ')'"),
        ("SELECT Id FROM Contact WHERE A = 1 AND B = 2 OR C = 3", 45, "unexpected token: 'OR'"),
        ("SELECT Id FROM Contact WHERE (A = 1", 35, "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Contact LIMIT x", 29, "unexpected token: 'x'"),
        ("SELECT Id FROM Contact ORDER BY A NULLS", 39, "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Contact;", 22, "unexpected token: ';'"),
        ("SELECT Id,, Name FROM Contact", 10, "unexpected token: ','"),
        ("", 0, "unexpected token: '<EOF>'"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(text: str, at: int, message: str):
    with pytest.raises(SoqlError) as caught:
        parse(text)
    assert (str(caught.value), caught.value.at) == (message, at)


def test_a_query_nested_too_deep_is_refused():
    with pytest.raises(SoqlError, match="too complicated"):
        parse("SELECT Id FROM X WHERE " + "(" * 5000 + "A = 1" + ")" * 5000)


words = st.sampled_from(
    ["SELECT", "Id", "FROM", "X", "WHERE", "(", ")", "=", "'a'", "1", "AND", "NOT", "IN", ",", "LIMIT", "NULL"]
)


@given(st.lists(words, max_size=14))
def test_any_row_of_words_is_a_query_or_an_error(row: list[str]):
    text = " ".join(row)
    try:
        found: Query | SoqlError = parse(text)
    except SoqlError as error:
        found = error
    assert isinstance(found, Query) or 0 <= found.at <= len(text)
