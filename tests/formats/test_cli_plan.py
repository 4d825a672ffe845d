import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.formats.cli_plan import Step, is_plan, read_plan

NAMES = st.from_regex(r"\A[A-Z][A-Za-z_]{0,9}\Z")
FILES = st.text(min_size=1, max_size=8).filter(lambda name: name.strip() and "\0" not in name)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["sobject", "files", "saveRefs", "resolveRefs", "x"]), inner, max_size=4)
    ),
)


def faults(source: bytes) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_plan("p.json", source)
    lines = str(caught.value).split("\n")
    assert all(line.startswith("p.json: ") for line in lines)
    return [line.removeprefix("p.json: ") for line in lines]


@given(
    st.lists(st.tuples(NAMES, st.integers(1, 3)), min_size=1, max_size=4),
    st.booleans(),
    st.sampled_from([b"", b"\xef\xbb\xbf \n"]),
)
def test_both_forms_of_a_plan_are_the_same_steps(shape, old, before):
    numbers = iter(range(100))
    steps = [Step(name, tuple(f"{next(numbers)}.json" for _ in range(count))) for name, count in shape]
    flags = {"saveRefs": True, "resolveRefs": False} if old else {}
    text = before + orjson.dumps([{"sobject": step.object, **flags, "files": step.files} for step in steps])
    assert read_plan("p.json", text) == tuple(steps)
    assert is_plan(text)


@given(st.binary(max_size=60) | JSON.map(orjson.dumps))
def test_whatever_the_bytes_a_plan_is_read_or_refused_with_its_faults(source):
    try:
        steps = read_plan("p.json", source)
    except InputError:
        assert faults(source)
    else:
        files = [file for step in steps for file in step.files]
        assert files
        assert len({*files}) == len(files)
    is_plan(source)


def test_everything_that_is_wrong_is_said_at_once():
    plan = [
        {"sObject": "Account", "files": ["a.json"]},
        {"sobject": "Contact", "files": [], "saveRefs": "yes", "colour": 1},
        {"sobject": "My Object", "files": [{"file": "x.json"}, "", "a.json"]},
        {"sobject": 1, "files": "a.json"},
        {"sobject": "Lead"},
        7,
    ]
    assert faults(orjson.dumps(plan)) == [
        "step 1: unknown key 'sObject'; did you mean sobject?",
        "step 1: sobject is missing: the name of the object that its files hold",
        "step 2 (Contact): unknown key 'colour'; remove it",
        "step 2 (Contact): files is empty",
        "step 2 (Contact): saveRefs must be true or false",
        'step 3: sobject must be the name of an object: "Account"',
        'step 3: files, item 1 must be the name of a file: "Accounts.json"',
        'step 3: files, item 2 must be the name of a file: "Accounts.json"',
        'step 4: sobject must be the name of an object: "Account"',
        'step 4: files must be a list of names: ["Accounts.json"]',
        "step 5 (Lead): files is missing",
        'step 6: must be an object, as in [{"sobject": "Account", "files": ["Accounts.json"]}, ...]',
        "step 3: a.json is named twice, first in step 1",
    ]


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (b"", "is no plan: not JSON: "),
        (b'[{"sobject":\n"A",}]', "is no plan: not JSON: "),
        (b"\xff", "is no plan: byte 0xFF"),
        (b"[]", "is no plan, which is a list of steps: "),
        (b'{"records":[]}', "is no plan, which is a list of steps: "),
        (b'[{"sobject":"A","files":["a"],"files":["b"]}]', "is no plan: the key 'files' is there twice"),
    ],
)
def test_what_is_no_plan_is_refused_in_one_line(source, fault):
    [line] = faults(source)
    assert line.startswith(fault)


@pytest.mark.parametrize("source", [b'[{"Name":"a"}]', b'{"records":[]}', b"[]", b"", b'["sobject"]', b'{"sobject"', b"x"])
def test_arrays_of_records_are_no_plans(source):
    assert not is_plan(source)
