from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mapping.drift import Change, changes, touching
from pipeline.mapping.rules import FieldRules, MappingRules
from pipeline.model.describe import Describe, Field

UNTOLD = {"html", "cascade_delete", "restricted_delete"}
"""What changes nothing about which values a field takes."""
PLAIN = Field("Level__c", "Level", "picklist", 255, createable=True, nillable=True, defaulted_on_create=False)


def describe(*found: Field) -> Describe:
    return Describe("Thing__c", "Thing", "a00", True, {f.name: f for f in found}, {f.name.lower(): f.name for f in found})


def difference(**changed) -> list[Change]:
    return changes(describe(PLAIN), describe(replace(PLAIN, **changed)))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"type": "string"}, [("type", "picklist", "string", False)]),
        ({"length": 80}, [("length", "255", "80", False)]),
        ({"precision": 4, "scale": 2}, [("precision", "0", "4", False), ("scale", "0", "2", False)]),
        ({"digits": 3}, [("digits", "0", "3", False)]),
        ({"createable": False}, [("can be set on create", "yes", "no", False)]),
        ({"nillable": False}, [("required", "no", "yes", True)]),
        ({"nillable": False, "defaulted_on_create": True}, []),
        ({"unique": True, "external_id": True}, [("unique", "no", "yes", False), ("external id", "no", "yes", False)]),
        ({"restricted_picklist": True}, [("restricted picklist", "no", "yes", False)]),
        ({"picklist": ("Gold",)}, [("picklist", "", "Gold", False)]),
        ({"reference_to": ("Account",)}, [("refers to", "", "Account", False)]),
        ({"label": "Grade"}, []),
    ],
)
def test_each_aspect_that_matters_to_a_load_is_compared(changed, said):
    assert [(c.what, c.before, c.after, c.demands) for c in difference(**changed)] == said


def test_every_aspect_of_a_field_is_compared_but_its_names_and_what_is_in_required():
    said = {
        change.what
        for change in difference(
            **{f.name: object() for f in fields(Field) if f.name not in {"name", "label"}}
            | {"picklist": ("a",), "reference_to": ("b",), "nillable": False, "defaulted_on_create": False}
        )
    }
    assert len(said) == len(fields(Field)) - len({"name", "label", "nillable", "defaulted_on_create", *UNTOLD}) + len(
        {"required"}
    )


def test_of_a_picklist_only_what_went_and_what_came_is_told():
    before, after = (describe(replace(PLAIN, picklist=values)) for values in (("A", "B", "C"), ("C", "D", "A")))
    assert changes(before, after) == [Change("Level__c", "picklist", "B", "D")]


def test_fields_that_are_gone_come_first_and_a_new_one_that_is_required_is_demanded():
    new = replace(PLAIN, name="New__c", nillable=False)
    gone, came = changes(describe(PLAIN), describe(new))
    assert (gone.field, gone.after) == ("Level__c", "gone")
    assert (came.field, came.after, came.demands) == ("New__c", "new, picklist", True)


def test_a_job_hears_of_its_own_fields_and_of_what_the_org_demands_now():
    names = ["Column__c", "Mapped__c", "Constant__c", "Made__c", "Mark__c", "Ignored__c", "Foreign__c"]
    found = [Change(name, "length", "2", "1") for name in names] + [Change("Other__c", "required", "no", "yes", demands=True)]
    rules = MappingRules(
        columns={"Here": "mapped__C"},
        constants={"Constant__c": 1},
        fields={"Made__c": FieldRules(from_="There")},
        ignore=("IGNORED__C",),
        marker="Mark__c",
    )
    told = touching(found, rules, ["Here", "column__c", "Ignored__c"])
    assert [change.field for change in told] == ["Column__c", "Mapped__c", "Constant__c", "Made__c", "Mark__c", "Other__c"]


@given(
    st.lists(
        st.builds(
            replace,
            st.just(PLAIN),
            name=st.sampled_from(["A", "B", "C"]),
            length=st.integers(0, 2),
            picklist=st.lists(st.sampled_from("xy"), unique=True).map(tuple),
        ),
        max_size=6,
    )
)
def test_nothing_has_changed_between_a_describe_and_itself(found):
    assert changes(describe(*found), describe(*found)) == []
