import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulator.soql import parse
from pipeline.simulator.soql_tokens import SoqlError, tokens, unquote

ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def quote(value: str) -> str:
    return "'" + "".join(ESCAPES.get(character, character) for character in value) + "'"


@given(st.text(st.characters(codec="utf-8")))
def test_a_string_comes_back_from_its_literal(value: str):
    assert unquote(quote(value)) == value
    (token, _) = tokens(quote(value))
    assert token.kind == "string"
    assert unquote(token.text) == value


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=5))
def test_strings_come_back_from_a_whole_query(values: list[str]):
    query = parse(f"SELECT Id FROM Contact WHERE LastName IN ({', '.join(map(quote, values))})")
    assert query.where is not None
    assert [literal.value for literal in query.where.literals] == values  # type: ignore[union-attr]


def test_escapes_by_code_and_of_the_double_quote_are_read():
    assert unquote(r"'\u00e9\"\N'") == 'é"\n'


@pytest.mark.parametrize("literal", [r"'\_'", r"'\%'", r"'\x'", r"'\u12'", r"'50\% \d'"])
def test_any_other_escape_is_an_error(literal: str):
    with pytest.raises(SoqlError, match="Illegal character sequence"):
        unquote(literal)


def test_escapes_of_a_pattern_stay_in_it():
    assert unquote(r"'50\% \_ \\ \n'", like=True) == "50\\% \\_ \\\\ \n"


def test_every_token_knows_its_place():
    found = [(token.kind, token.text, token.at) for token in tokens(" a != 2024-01-02 ")]
    assert found == [("word", "a", 1), ("sign", "!=", 3), ("date", "2024-01-02", 6), ("end", "", 17)]


@given(st.text())
def test_any_text_can_be_cut_into_tokens_or_none(text: str):
    cut = tokens(text)
    assert cut[-1].kind == "end"
    assert all(text[token.at :].startswith(token.text) for token in cut)
