import pytest

from pipeline.simulator import parse_plan
from pipeline.simulator.fault_answers import altered, half, instead
from pipeline.simulator.fault_plan import KINDS, Fault
from pipeline.simulator.fault_turns import Sent, Struck
from pipeline.simulator.wire import Answer

CREATED = Answer(201, {"hasErrors": False, "results": [{"referenceId": "r1", "id": "003SM0000000001YAA"}]})
ACTS = {"drop", "hang", "slow", "truncated", "changed", "masked"}
"""Kinds that answer nothing of their own."""


def fault(do: str, more: str = "") -> Fault:
    return parse_plan(f'[[fault]]\ndo = "{do}"\n{more}').faults[0]


@pytest.mark.parametrize("do", sorted(KINDS.keys() - ACTS - {"late"}))
def test_an_answer_in_the_orgs_place_says_what_was_sent_never_an_id(do: str):
    sent = [Sent("r1", {"LastName": "Lee"}), Sent("r2", {"LastName": "Poe"})]
    answer = instead(Struck(fault(do), sent, sent))
    assert answer.status == {**KINDS[do].settings, **KINDS[do].fixed}["status"]
    assert b'"id"' not in answer.body()


@pytest.mark.parametrize(
    ("how", "pairs"),
    [
        ("missing", []),
        ("renamed", [("r1x", "003SM0000000001YAA")]),
        ("twice", [("r1", "003SM0000000001YAA"), ("r1", "003SM0000000001YAA")]),
        ("malformed_id", [("r1", "003SM0000000001YA")]),
    ],
)
def test_an_answer_for_one_record_can_be_changed_too(how: str, pairs: list[tuple[str, str]]):
    content = altered(fault("changed", f'how = "{how}"'), CREATED).content
    assert [(result["referenceId"], result["id"]) for result in content["results"]] == pairs
    assert CREATED.content["results"] == [{"referenceId": "r1", "id": "003SM0000000001YAA"}]


def test_half_an_answer_is_less_than_was_announced():
    for outcome in (None, CREATED):
        announced, beginning = half(outcome)
        assert announced.body().startswith(beginning)
        assert 0 < len(beginning) < len(announced.body())
