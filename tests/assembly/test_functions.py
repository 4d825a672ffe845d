import sys

import pytest

from pipeline.assembly.functions import functions_of
from pipeline.errors import UsageError
from pipeline.mapping.rules import FieldRules, MappingRules


def rules(*names: str) -> MappingRules:
    fields = {f"F{number}": FieldRules(from_="a", function=name) for number, name in enumerate(names)}
    return MappingRules(fields=fields | {"Other": FieldRules(from_="b")})


@pytest.fixture
def folder(tmp_path):
    package = tmp_path / "acme_rules"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "phones.py").write_text("LIMIT = 5\n\ndef phone(text):\n    return text[:LIMIT]\n")
    (package / "broken.py").write_text("raise RuntimeError('no')\n")
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("acme_rules")]:
        del sys.modules[name]


def test_a_function_is_found_in_the_folder_of_the_configuration(folder):
    before = [*sys.path]
    found = functions_of(rules("acme_rules.phones:phone", "acme_rules.phones:phone", "textwrap:dedent"), folder)
    assert found["acme_rules.phones:phone"]("1234567") == "12345"
    assert found["textwrap:dedent"]("  a") == "a"
    assert sys.path == before


def test_a_job_without_functions_has_none(tmp_path):
    assert functions_of(rules(), tmp_path) == {}


def test_everything_that_is_wrong_is_said_at_once(folder):
    names = ["acme_rule:x", "acme_rules.phones:phon", "acme_rules.phones:LIMIT", "acme_rules.broken:x"]
    with pytest.raises(UsageError) as wrong:
        functions_of(rules(*names), folder)
    assert str(wrong.value).split("\n") == [
        f"mapping.fields.F0.function: acme_rule:x: there is no module acme_rule, neither in {folder} nor where Python looks",
        "mapping.fields.F1.function: acme_rules.phones:phon: acme_rules.phones has no function phon; did you mean phone?",
        "mapping.fields.F2.function: acme_rules.phones:LIMIT: acme_rules.phones has no function LIMIT",
        "mapping.fields.F3.function: acme_rules.broken:x: acme_rules.broken can't be imported: RuntimeError: no",
    ]


def test_a_module_whose_name_is_taken_is_refused_and_not_mistaken(folder):
    (folder / "textwrap.py").write_text("def dedent(text):\n    return 'ours'\n")
    with pytest.raises(UsageError, match="another module is called textwrap already: give it another name"):
        functions_of(rules("textwrap:dedent"), folder)
