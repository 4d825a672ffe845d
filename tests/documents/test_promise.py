"""The page of the promise is held against the tests: each line names one that exists, and each scenario has its line."""

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
PAGE = (TOP / "pipeline/PROMISE.md").read_text()
LINES = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| failure")]
SCENARIOS = {path.stem for path in (TOP / "tests/scenarios").glob("*.toml")}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")]


@pytest.mark.parametrize("line", LINES, ids=lambda line: cells(line)[0])
def test_each_line_of_the_promise_is_a_test(line):
    *_, proof = cells(line)
    if scenario := re.fullmatch(r"\[(\w+)\]\(\.\./tests/scenarios/(\w+)\.toml\)", proof):
        assert scenario[1] == scenario[2]
        assert scenario[1] in SCENARIOS
    else:
        path, name = proof.strip("`").split("::")
        assert re.search(rf"^(async )?def {name}\(", (TOP / path).read_text(), re.MULTILINE)


def test_each_scenario_is_a_line_of_the_promise():
    assert set(re.findall(r"scenarios/(\w+)\.toml", PAGE)) == SCENARIOS
