import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.layers import Override, collect, overlay


def values(environ: dict[str, str], *arguments: str) -> list[tuple[str, tuple[str, ...], object]]:
    overrides = collect(environ, arguments)
    assert overrides.findings == []
    return [(override.label, override.keys, override.value) for override in overrides.values]


def test_a_variable_is_a_section_and_a_key():
    assert values({"TREELOAD_SEND__CONCURRENCY": "4"}) == [("TREELOAD_SEND__CONCURRENCY", ("send", "concurrency"), 4)]
    assert values({"TREELOAD_ORG__AUTH__TOKEN": "env:X"}) == [("TREELOAD_ORG__AUTH__TOKEN", ("org", "auth", "token"), "env:X")]


def test_a_table_comes_before_what_is_in_it_whatever_the_order_of_the_variables():
    environ = {"TREELOAD_ORG__AUTH__KIND": "x", "TREELOAD_ORG__AUTH": "{}"}
    assert [keys for _, keys, _ in values(environ)] == [("org", "auth"), ("org", "auth", "kind")]


def test_names_of_columns_and_fields_keep_their_case():
    [(_, keys, value)] = values({"TREELOAD_MAPPING__CONSTANTS__LeadSource": "Web"})
    assert (keys, value) == (("mapping", "constants", "LeadSource"), "Web")


def test_fields_that_are_made_keep_the_case_of_names_and_values_but_not_of_settings():
    environ = {"TREELOAD_MAPPING__FIELDS__LastName__DEFAULT": "Ms", "TREELOAD_MAPPING__FIELDS__LastName__VALUES__Frau": "Ms."}
    assert [keys for _, keys, _ in values(environ)] == [
        ("mapping", "fields", "LastName", "default"),
        ("mapping", "fields", "LastName", "values", "Frau"),
    ]


@pytest.mark.parametrize(
    "name", ["TREELOAD_HOME", "TREELOAD_", "TREELOAD__X", "treeload_send__x", "OTHER__X", "XTREELOAD_SEND__X"]
)
def test_other_variables_are_left_alone(name: str):
    assert values({name: "1"}) == []


@pytest.mark.parametrize("name", ["TREELOAD_SEND__", "TREELOAD___X", "TREELOAD_SEND____X"])
def test_a_variable_with_an_empty_part_is_a_mistake(name: str):
    overrides = collect({name: "1"}, [])
    assert overrides.values == []
    assert overrides.findings == [
        f"{name}: a name with __ is a setting: write TREELOAD_SECTION__KEY, such as TREELOAD_SEND__CONCURRENCY"
    ]


@pytest.mark.parametrize(
    ("argument", "keys", "value"),
    [
        ("send.concurrency=4", ("send", "concurrency"), 4),
        ("send . concurrency = 4 ", ("send", "concurrency"), 4),
        ('mapping.columns."a=b.c"=Name', ("mapping", "columns", "a=b.c"), "Name"),
        ("job.input=a=b", ("job", "input"), "a=b"),
        ("job.input=", ("job", "input"), ""),
        ("job.input=['a', 'b']", ("job", "input"), ["a", "b"]),
        ("read.allow_empty=true", ("read", "allow_empty"), True),
        ("read.allow_empty=yes", ("read", "allow_empty"), "yes"),
        ("read.delimiter='\\t'", ("read", "delimiter"), "\\t"),
        ('read.delimiter="\\t"', ("read", "delimiter"), "\t"),
        ("mapping.constants.Zip=01234", ("mapping", "constants", "Zip"), "01234"),
        ("job.name=1\nother = 2", ("job", "name"), "1\nother = 2"),
        ("job.name=" + "[" * 5000, ("job", "name"), "[" * 5000),
        ("job.name=" + "9" * 5000, ("job", "name"), "9" * 5000),
    ],
)
def test_an_argument_is_a_key_and_a_toml_value_or_text(argument: str, keys: tuple[str, ...], value: object):
    [(_, *key_and_value)] = values({}, argument)
    assert key_and_value == [keys, value]


def test_an_argument_is_named_by_its_key_alone():
    assert values({}, 'mapping.columns."a=b" = Name')[0][0] == '--set mapping.columns."a=b"'


@pytest.mark.parametrize("argument", ["", "send.concurrency", "=4", "send.=4", ".send=4", "a b=4", "send\n=4", "[send]=4"])
def test_an_argument_without_a_key_is_a_mistake_that_is_not_repeated(argument: str):
    overrides = collect({}, ["send.concurrency=1", argument])
    assert [override.value for override in overrides.values] == [1]
    assert overrides.findings == ['--set number 2: write section.key=value, such as send.concurrency=4 or job.name="a b"']


@pytest.mark.parametrize(
    ("argument", "hint"),
    [
        ("sned.concurrency=4", "unknown table; did you mean send?"),
        ("concurrency=4", "unknown key; it belongs in [send]"),
        ("zzz=4", "unknown key; there are job, org, read, mapping, duplicates, send, effects, evidence, limits"),
    ],
)
def test_an_argument_must_begin_with_a_table(argument: str, hint: str):
    assert collect({}, [argument]).findings == [f"--set number 1: {hint}"]


def test_what_is_not_unicode_is_a_mistake():
    overrides = collect({"TREELOAD_JOB__NAME": "\udcff", "TREELOAD_MAPPING__CONSTANTS__\udcff": "x"}, [])
    assert overrides.values == []
    assert overrides.findings == [
        "TREELOAD_JOB__NAME: not UTF-8: set the terminal to UTF-8",
        "TREELOAD_MAPPING__CONSTANTS__\\udcff: not UTF-8: set the terminal to UTF-8",
    ]


def test_a_value_is_laid_over_the_tree_and_makes_the_tables_it_needs():
    tree = {"send": {"concurrency": 1, "attempts": 2}}
    assert overlay(tree, Override("x", ("send", "concurrency"), 3)) is None
    assert overlay(tree, Override("x", ("org", "auth", "kind"), "y")) is None
    assert tree == {"send": {"concurrency": 3, "attempts": 2}, "org": {"auth": {"kind": "y"}}}


def test_nothing_is_laid_inside_a_value():
    tree = {"org": {"url": "u"}}
    said = overlay(tree, Override("--set org.url.x", ("org", "url", "x"), 3))
    assert said == "--set org.url.x: org.url is a value, and nothing can be set inside it"
    assert tree == {"org": {"url": "u"}}
    said = overlay({"org": {"auth": {"kind": "u"}}}, Override("X", ("org", "auth", "kind", "x"), 3))
    assert said == "X: org.auth.kind is a value, and nothing can be set inside it"


@given(st.text(), st.text())
def test_no_argument_and_no_variable_is_too_strange(name: str, text: str):
    overrides = collect({f"TREELOAD_{name}": text}, [name + text, f"job.name={text}"])
    assert len(overrides.values) + len(overrides.findings) >= 2
