import pytest

from pipeline.config.mistakes import Keys, Misconfigured, dotted
from pipeline.errors import ExitCode


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (("org", "auth", "token"), "org.auth.token"),
        (("mapping", "columns", "First Name"), 'mapping.columns."First Name"'),
        (("mapping", "columns", 'a"b\nc'), r'mapping.columns."a\"b\nc"'),
        (("mapping", "ignore", 1), "mapping.ignore, item 2"),
        (("job",), "job"),
    ],
)
def test_keys_are_written_in_one_line_as_people_write_them(keys: Keys, text: str):
    assert dotted(keys) == text


def test_a_wrong_configuration_is_a_fault_of_usage_with_a_line_for_each_mistake():
    wrong = Misconfigured(["a: x", "b: y"])
    assert str(wrong) == "a: x\nb: y"
    assert wrong.findings == ["a: x", "b: y"]
    assert wrong.exit_code is ExitCode.USAGE
