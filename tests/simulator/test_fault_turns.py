from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulator import parse_plan
from pipeline.simulator.fault_turns import Turns, records

NESTED: dict[str, Any] = {
    "records": [
        {
            "attributes": {"type": "Account", "referenceId": "a"},
            "Name": "A",
            "Contacts": {"records": [{"attributes": {"type": "Contact", "referenceId": "b"}, "LastName": "poison"}]},
        },
        {"attributes": {"type": "Account", "referenceId": "c"}, "Name": "C"},
    ]
}


def struck(plan: str, requests: int, endpoint: str = "tree", body: bytes = b"") -> list[int]:
    """Give the numbers of the requests, from 1 on, that the first fault happens to."""
    turns = Turns(parse_plan(plan))
    found = []
    for number in range(1, requests + 1):
        taken = turns.take(endpoint, body)
        if taken is not None and taken.fault.number == 1:
            found.append(number)
    assert turns.happened[1] == len(found)
    return found


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", [1, 2, 3, 4, 5, 6]),
        ("nth = 2", [2]),
        ("nth = [1, 3, 99]", [1, 3]),
        ("every = 2", [2, 4, 6]),
        ("times = 2", [1, 2]),
        ("every = 2\ntimes = 2", [2, 4]),
        ("after = 4", [5, 6]),
        ("after = 2\nnth = 1", [3]),
        ("after = 1\nevery = 2", [3, 5]),
        ("chance = 1", [1, 2, 3, 4, 5, 6]),
        ('on = "query"', []),
        ('on = ["query", "tree"]\nnth = 1', [1]),
    ],
)
def test_a_fault_happens_when_it_is_its_turn(said: str, expected: list[int]):
    assert struck(f'[[fault]]\ndo = "drop"\n{said}', 6) == expected


@given(st.integers(), st.floats(0.01, 1), st.integers(1, 50))
def test_the_same_seed_draws_the_same_day(seed: int, chance: float, requests: int):
    plan = f'seed = {seed}\n[[fault]]\ndo = "drop"\nchance = {chance}'
    assert struck(plan, requests) == struck(plan, requests)
    # a further fault changes nothing for those before it
    assert struck(plan, requests) == struck(f'{plan}\n[[fault]]\ndo = "hang"\nchance = 0.5', requests)


def test_chance_is_about_what_it_says_and_depends_on_the_seed():
    plan = '[[fault]]\ndo = "drop"\nchance = 0.2'
    assert 150 < len(struck(plan, 1000)) < 250
    assert struck(plan, 100) != struck(f"seed = 1\n{plan}", 100)


def test_of_several_the_first_in_the_plan_happens_and_all_count():
    turns = Turns(parse_plan('[[fault]]\ndo = "drop"\nnth = [2]\n[[fault]]\ndo = "hang"\nnth = [2, 3]'))
    taken = [turns.take("tree", b"") for _ in range(3)]
    assert [one and one.fault.do for one in taken] == [None, "drop", "hang"]
    assert turns.happened == {1: 1, 2: 1}


def test_where_looks_at_every_record_of_the_trees_and_counts_only_requests_that_fit():
    plan = parse_plan('[[fault]]\ndo = "rule"\nnth = 2\nwhere = { field = "LastName", equals = "poison" }')
    turns = Turns(plan)
    body = orjson.dumps(NESTED)
    assert turns.take("tree", body) is None
    assert turns.take("tree", body.replace(b"poison", b"harmless")) is None
    taken = turns.take("tree", body)
    assert taken is not None
    assert [record.reference for record in taken.fitting] == ["b"]
    assert [record.reference for record in taken.sent] == ["a", "b", "c"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b'{"records": 1}', b'{"records": [1, {}, {"attributes": 2}]}'])
def test_what_has_no_records_meets_no_fault_that_names_some(body: bytes):
    assert struck('[[fault]]\ndo = "rule"', 2, body=body) == []


@given(
    st.binary()
    | st.recursive(
        st.none() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["records", "attributes", "referenceId", "x"]), inner),
    ).map(orjson.dumps)
)
def test_any_body_can_be_looked_through(body: bytes):
    assert all(isinstance(record.members, dict) for record in records(body))


def test_a_single_record_has_no_reference():
    (record,) = records(b'{"LastName": "Lee"}')
    assert (record.reference, record.members) == (None, {"LastName": "Lee"})
