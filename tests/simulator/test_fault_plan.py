from typing import Any

import pytest

from pipeline.simulator import parse_plan
from pipeline.simulator.fault_plan import CHUNKS, ENDPOINTS, KINDS, Fault, Where


def where(said: str) -> Where:
    (fault,) = parse_plan(f'[[fault]]\ndo = "trigger"\nwhere = {{ field = "LastName", {said} }}').faults
    assert fault.where is not None
    return fault.where


@pytest.mark.parametrize(
    ("said", "value", "expected"),
    [
        ('equals = "x"', "x", True),
        ('equals = "x"', "X", False),
        ('equals = "x"', "xx", False),
        ('equals = "x"', "x\n", False),
        ('equals = "."', "x", False),
        ("equals = 5", 5, True),
        ("equals = 5", "5", True),
        ("equals = 1.5", 1.5, True),
        ("equals = true", True, True),
        ("equals = true", 1, False),
        ('equals = ""', "", True),
        ('contains = "o.s"', "po.son", True),
        ('contains = "o.s"', "poison", False),
        ('matches = "o.s"', "poison", True),
        ('matches = "^o"', "poison", False),
        ('matches = ""', None, False),
        ('matches = ""', {"records": []}, False),
    ],
)
def test_a_value_fits_or_not(said: str, value: Any, expected: Any):
    assert where(said).fits({"LastName": value}) is expected


def test_the_case_of_a_field_does_not_matter_and_a_missing_one_never_fits():
    assert where('equals = "x"').fits({"FirstName": "y", "lastname": "x"})
    assert not where('matches = ""').fits({"FirstName": "y"})


def test_every_setting_of_a_kind_is_one_of_a_fault():
    for kind in KINDS.values():
        assert {*kind.settings, *kind.fixed} <= set(Fault.__dataclass_fields__)
        assert kind.at <= ENDPOINTS | CHUNKS
