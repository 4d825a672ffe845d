import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline.simulator
from pipeline.simulator import parse_plan, read_plan
from pipeline.simulator.fault_plan import CHUNKS, ENDPOINTS, KINDS, WRITES
from pipeline.simulator.routes import ROUTES

TREE, BOTH = frozenset({"tree"}), frozenset({"tree", "create"})
README = (Path(pipeline.simulator.__path__[0]) / "README.md").read_text()
LEAST = {"slow": "seconds = 1", "late": "seconds = 1", "changed": 'how = "missing"'}


WRITERS = ", ".join(sorted(WRITES))
REFUSERS = ", ".join(sorted(WRITES | CHUNKS))


def fault(text: str) -> str:
    return f"[[fault]]\n{text}"


def test_a_whole_plan_is_read():
    text = """\
        seed = 7
        [[fault]]
        on = ["tree", "create"]
        do = "rule"
        nth = [1, 3]
        times = 2
        after = 4
        fields = ["Email"]
        [fault.where]
        field = "LastName"
        equals = "x"
        [[fault]]
        do = "late"
        seconds = 2
    """
    plan = parse_plan(text)
    rule, late = plan.faults
    assert plan.seed == 7
    assert (rule.number, rule.do, rule.on, rule.nth, rule.times, rule.after) == (1, "rule", BOTH, frozenset({1, 3}), 2, 4)
    assert (rule.status, rule.code, rule.fields, rule.naming) == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", ("Email",), "all")
    assert (late.number, late.on, late.seconds, late.status) == (2, TREE, 2.0, None)


@pytest.mark.parametrize("do", KINDS)
def test_every_kind_needs_only_a_line_or_two(do: str):
    (read,) = parse_plan(fault(f'do = "{do}"\n{LEAST.get(do, "")}')).faults
    assert (read.do, read.on, read.after, read.when) == (do, TREE, 0, "before_commit")


def test_an_empty_plan_is_a_plan_of_a_good_day():
    assert parse_plan("").faults == ()


def test_the_endpoints_are_those_of_the_server():
    assert {route.name for route in ROUTES} == ENDPOINTS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = ", "Invalid value (at end of document)"),
        ("sed = 1", 'unknown key "sed"; did you mean "seed"?'),
        ("seed = 1.5", "seed must be a whole number"),
        ('[fault]\ndo = "drop"', "faults are written as [[fault]], with two brackets"),
        (fault("times = 1"), 'fault 1: do is missing: say what happens, like do = "drop"; there are drop, hang, '),
        (fault('do = "drp"'), 'fault 1: unknown kind do = "drp"; did you mean "drop"?'),
        (fault("do = 5"), 'fault 1: unknown kind do = "5"; there are allowance, busy, '),
        (fault('do = "drop"\nwen = 1'), 'fault 1 (drop): unknown key "wen"; did you mean "when"?'),
        (fault('do = "drop"\nseconds = 1'), 'fault 1 (drop): unknown key "seconds"; there are after, chance, '),
        (fault('do = "drop"\nwhen = "before"'), 'fault 1 (drop): unknown when = "before"; did you mean "before_commit"?'),
        (fault('do = "drop"\nwhen = 1'), 'fault 1 (drop): unknown when = "1"; there are after_commit, before_commit'),
        (fault('do = "drop"\non = "trees"'), 'fault 1 (drop): unknown endpoint on = "trees"; did you mean "tree"?'),
        (fault('do = "drop"\non = []'), "fault 1 (drop): on must name an endpoint"),
        (fault('do = "slow"'), "fault 1 (slow): seconds is missing"),
        (fault('do = "slow"\nseconds = -1'), "fault 1 (slow): seconds must be a number of seconds from 0 on, not -1"),
        (fault('do = "slow"\nseconds = inf'), "fault 1 (slow): seconds must be a number of seconds from 0 on, not inf"),
        (fault('do = "changed"'), "fault 1 (changed): how is missing"),
        (fault('do = "drop"\nnth = 0'), "fault 1 (drop): nth must be a number from 1 on, or a list of such, not 0"),
        (fault('do = "drop"\nnth = []'), "fault 1 (drop): nth must be a number from 1 on, or a list of such, not []"),
        (fault('do = "drop"\nevery = true'), "fault 1 (drop): every must be a whole number from 1 on, not True"),
        (fault('do = "drop"\nchance = 2'), "fault 1 (drop): chance must be a number above 0 and at most 1, not 2"),
        (fault('do = "drop"\nnth = 1\nchance = 1'), "fault 1 (drop): only one of nth, every, chance can say whose turn it is"),
        (fault('do = "busy"\nstatus = 500'), "fault 1 (busy): status must be 420 or 429, not 500"),
        (fault('do = "html"\nstatus = 99'), "fault 1 (html): status must be an HTTP status from 200 to 599, not 99"),
        (fault('do = "rule"\nfields = "Email"'), "fault 1 (rule): fields must be a list of names, not 'Email'"),
        (fault('do = "rule"\non = "query"'), f'fault 1 (rule): on = "query": rule can\'t happen there; it can be {REFUSERS}'),
        (
            fault('do = "drop"\non = "query"\nwhere = { field = "X", equals = 1 }'),
            f'fault 1 (drop): on = "query": where needs records; it can be {WRITERS}',
        ),
        (fault('do = "drop"\nwhere = 1'), "fault 1 (drop): where must be a table, like where = "),
        (fault('do = "drop"\nwhere = { equals = "x" }'), "fault 1 (drop): where: field must name a field"),
        (
            fault('do = "drop"\nwhere = { field = "X" }'),
            "fault 1 (drop): where: say exactly one of equals, contains, matches",
        ),
        (
            fault('do = "drop"\nwhere = { field = "X", equal = "x" }'),
            'fault 1 (drop): where: unknown key "equal"; did you mean "equals"?',
        ),
        (fault('do = "drop"\nwhere = { field = "X", contains = 1 }'), "fault 1 (drop): where: contains must be a text"),
        (
            fault('do = "drop"\nwhere = { field = "X", matches = "(" }'),
            "fault 1 (drop): where: matches is no regular expression: missing )",
        ),
        (fault('do = "drop"\n[[fault]]\ndo = "x"'), 'fault 2: unknown kind do = "x"'),
    ],
)
def test_a_mistake_is_one_line_that_says_where_and_what(tmp_path: Path, text: str, said: str):
    file = tmp_path / "bad-day.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"^\S*bad-day\.toml: ") as caught:
        read_plan(file)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_plan_that_is_no_text_is_a_mistake(tmp_path: Path):
    file = tmp_path / "bad-day.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"bad-day\.toml: not UTF-8"):
        read_plan(file)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "tree", "drop", "all", "missing"])
keys = st.sampled_from(["seconds", "status", "nth", "every", "chance", "when", "on", "naming", "fields", "retry_after", "how"])


@given(st.sampled_from(sorted(KINDS)), st.dictionaries(keys, scalars | st.lists(scalars, max_size=2), max_size=4))
def test_any_settings_make_a_fault_or_a_mistake(do: str, settings: dict[str, object]):
    lines = [f"{key} = {str(value).lower() if not isinstance(value, str) else repr(value)}" for key, value in settings.items()]
    try:
        plan = parse_plan(fault("\n".join([f'do = "{do}"', *lines])))
    except ValueError as error:
        assert str(error).startswith("fault plan: ")  # noqa: PT017 - either is right
    else:
        assert plan.faults[0].do == do


def rows(heading: str) -> dict[str, str]:
    """Give the rows of a table of the README, by the code in their first cells."""
    table = README[README.index(f"| {heading} |") :].split("\n\n")[0].splitlines()[2:]
    return {name: line for line in table for name in re.findall("`(.+?)`", line.split("|")[1])}


def test_the_readme_has_every_kind_with_its_settings_and_defaults():
    documented = rows("`do` | what happens | more keys (and what they are if not said)")
    assert documented.keys() == KINDS.keys()
    for do, kind in KINDS.items():
        more = documented[do].split("|")[3]
        if do != "stray_halted":  # its settings are explained beside those of `rule`
            assert set(re.findall(r"`([a-z_]+)`", more)) == {*kind.settings}, do
        for key, default in kind.settings.items():
            if isinstance(default, int | float) and not isinstance(default, bool):
                assert f"`{key}` ({default:g})" in more, do


def test_the_readme_has_every_key_and_endpoint():
    documented = rows("key | of every fault")
    assert {*documented} == {"do", "on", "nth", "every", "chance", "times", "after", "where", "over"}
    assert set(re.findall(r"`([a-z_]+)`", documented["on"])) == {"on", *ENDPOINTS, *CHUNKS}


def test_the_plan_in_the_readme_is_one():
    text = README[README.index("```toml") :].removeprefix("```toml").split("```")[0]
    assert [fault.do for fault in parse_plan(text).faults] == ["drop", "trigger"]
