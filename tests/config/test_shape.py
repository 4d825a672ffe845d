from dataclasses import fields
from typing import get_args

import pytest

from pipeline.config.shape import LOGINS, SECTIONS, keys_of, meant, unknown
from pipeline.config.tables import Tables


def test_the_sections_are_those_of_the_tables():
    assert {name: field.annotation for name, field in Tables.model_fields.items()} == SECTIONS


def test_the_logins_are_named_by_their_kinds():
    for kind, table in LOGINS.items():
        assert get_args(fields(table)[0].type) == (kind,)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_key_of_each_table_is_known_where_it_is_misspelt(section: str):
    for key in keys_of(SECTIONS[section]):
        said = unknown((section, f"{key}s"), {section: {}})
        assert said == f"unknown key; did you mean {key}?"


@pytest.mark.parametrize(("word", "hint"), [("CSV", "; did you mean csv?"), ("xyz", ""), (5, ""), (["csv"], "")])
def test_only_what_is_near_was_meant(word: object, hint: str):
    assert meant(word, ["csv", "jsonl"]) == hint
