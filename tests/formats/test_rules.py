import pytest

from pipeline.formats.rules import ReadRules


def test_the_defaults_are_rules():
    assert ReadRules().delimiter == "auto"


@pytest.mark.parametrize("character", ["\t", ";", "|", "§"])
def test_any_one_character_separates_cells(character):
    assert ReadRules(delimiter=character).delimiter == character


@pytest.mark.parametrize("character", ["", ",,", "\\t", "\n", "\r", "\0"])
def test_a_delimiter_is_one_character_and_no_line_end(character):
    with pytest.raises(ValueError, match='delimiter must be "auto" or one character'):
        ReadRules(delimiter=character)


@pytest.mark.parametrize("character", ["", "''", "\n"])
def test_a_quote_is_one_character_and_no_line_end(character):
    with pytest.raises(ValueError, match="quote must be one character"):
        ReadRules(quote=character)


def test_delimiter_and_quote_differ():
    with pytest.raises(ValueError, match=r"delimiter and quote must differ, both are '\|'"):
        ReadRules(delimiter="|", quote="|")


@pytest.mark.parametrize("size", [0, -1, 2**31])
def test_the_longest_line_is_a_number_that_the_csv_module_can_be_told(size):
    with pytest.raises(ValueError, match="max_line must be from 1 to 2,147,483,647"):
        ReadRules(max_line=size)
