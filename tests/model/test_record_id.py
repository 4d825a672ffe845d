"""Record ids."""

import re
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.record_id import are_record_ids, is_record_id, to_18

FIXTURES = Path(__file__).parents[1] / "fixtures"
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DOCUMENTED = ["001D000000K0fXOIAZ", "003D000000QV9n2IAD", "001D000000IqhSLIAZ", "001ak00000OQTieAAH", "003ak000003dQCGAA2"]

fifteens = st.text(DIGITS, min_size=15, max_size=15)


@pytest.mark.parametrize("text", DOCUMENTED)
def test_ids_of_the_vendors_pages_are_ids(text: str):
    assert is_record_id(text)
    assert to_18(text[:15]) == text


def test_every_id_that_was_recorded_is_an_id():
    found = set()
    for line in (FIXTURES / "http/grouparoo/interactions-half.jsonl").read_bytes().splitlines():
        found |= set(re.findall(r"\b(?:001|003|00Q|0TO)[A-Za-z0-9]{15}\b", str(orjson.loads(line)["resp"])))
    assert len(found) > 20
    assert [text for text in found if not is_record_id(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "001D000000K0fXO",
        "001D000000K0fXOIAZ0",
        "001D000000K0fXOIAA",
        "001d000000K0fXOIAZ",
        "001D000000K0fXOiaz",
        "001D000000K0fX-IAZ",
        "0-1D000000K0fXOIAZ",
        "001D000000K0fXÖIAZ",
        "001D000000K0fX\udc80IAZ",
        "\u066001D000000K0fXOIAZ",
    ],
)
def test_what_is_not_an_id_is_refused(text: str):
    assert not is_record_id(text)
    assert not are_record_ids([*DOCUMENTED, text])


@given(fifteens)
def test_any_fifteen_with_its_check_letters_is_an_id(fifteen: str):
    assert is_record_id(to_18(fifteen))


@given(fifteens, st.integers(0, 14))
def test_an_id_with_one_letter_in_the_other_case_is_none(fifteen: str, place: int):
    whole = to_18(fifteen)
    changed = whole[:place] + whole[place].swapcase() + whole[place + 1 :]
    assert is_record_id(changed) == (changed == whole)


@pytest.mark.parametrize("text", ["", "001D000000K0fX", "001D000000K0fXOIAZ", "001D000000K0fX!"])
def test_check_letters_are_for_fifteen_characters_only(text: str):
    with pytest.raises(ValueError, match="15"):
        to_18(text)


@given(st.lists(fifteens.map(to_18) | st.text(max_size=20) | st.text(DIGITS, min_size=18, max_size=18), max_size=8))
def test_many_ids_are_judged_as_each_by_itself(texts: list[str]):
    assert are_record_ids(texts) == all(map(is_record_id, texts))


def test_two_wrong_lengths_that_make_up_for_each_other_are_noticed():
    assert not are_record_ids([DOCUMENTED[0][:17], DOCUMENTED[0][17:] + DOCUMENTED[1]])
