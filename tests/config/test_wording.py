from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from pipeline.config import Misconfigured, load
from pipeline.config.mistakes import Mistake
from pipeline.config.shape import SECTIONS, keys_of
from pipeline.config.wording import mistakes

WRONG = [
    "5",
    "-1",
    "0",
    "1.5",
    "nan",
    "-inf",
    str(2**80),
    "true",
    "''",
    "'text'",
    "1990-01-31",
    "07:32:00",
    "[]",
    "[5]",
    "['a', []]",
]
WRONG += ["{}", "{kind = 5}", "{kind = 'access_token'}", "{a = {}}", "[[{}]]"]


@pytest.mark.parametrize(
    "place", [*SECTIONS, *(f"{section}.{key}" for section, table in SECTIONS.items() for key in keys_of(table))]
)
def test_no_wrong_value_of_any_setting_is_answered_in_the_words_of_pydantic(tmp_path: Path, place: str):
    path = tmp_path / "job.toml"
    path.write_text("")
    for value in WRONG:
        with pytest.raises(Misconfigured) as wrong:
            load(path, overrides=["job.object=A", f"{place}={value}"], environ={})
        assert "nput should" not in str(wrong.value), value


def test_a_kind_of_error_without_words_keeps_those_of_pydantic():
    details = InitErrorDetails(type="url_syntax_violation", loc=("org", "url"), input="s3cret", ctx={"error": "odd"})
    error = ValidationError.from_exception_data("Tables", [details], hide_input=True)
    [mistake] = mistakes(error, {})
    assert mistake == Mistake(("org", "url"), "Input violated strict URL syntax rules, odd")


def test_a_value_that_could_have_had_many_types_is_one_mistake():
    loc = ("mapping", "constants", "A")
    details = [InitErrorDetails(type=f"{kind}_type", loc=(*loc, kind), input=[]) for kind in ("int", "float", "bool")]
    error = ValidationError.from_exception_data("Tables", details)
    assert list(mistakes(error, {})) == [Mistake(loc, "must be text, a number, true or false")]
