from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulator import ids
from pipeline.simulator.new_objects import new_object, new_record_type

NAMES = st.from_regex(r"\A[A-Z][A-Za-z]{0,8}__c\Z")


def test_a_new_object_has_the_shape_of_a_recorded_one(fixture: Callable[[str], Any]):
    recorded = fixture("describe/Contact_describe.json")
    ours = new_object("Market_Place__c", ())
    assert ours.keys() == recorded.keys()
    assert all(field.keys() == recorded["fields"][0].keys() for field in ours["fields"])
    assert (ours["label"], ours["custom"], new_object("Asset", ())["custom"]) == ("Market Place", True, False)
    assert new_record_type("Account", "Key & Global").keys() == recorded["recordTypeInfos"][0].keys()


@given(st.sets(NAMES, max_size=30))
def test_prefixes_differ_and_follow_from_the_name(names: set[str]):
    taken: set[str] = {"001"}
    for name in sorted(names):
        prefix = new_object(name, taken)["keyPrefix"]
        assert prefix not in taken
        assert ids.whole(ids.mint(prefix, 1))
        taken.add(prefix)
        assert (
            new_object(name, ())["keyPrefix"]
            == new_object(name, {"001", "aZZ"} - {new_object(name, ())["keyPrefix"]})["keyPrefix"]
        )


def test_standard_objects_have_their_own_prefix():
    assert new_object("Product2", ())["keyPrefix"] == "01t"


def test_a_record_type_keeps_its_id_and_has_a_developer_name():
    first, again = new_record_type("Account", "Key & Global"), new_record_type("Account", "Key & Global")
    assert first == again
    assert (first["name"], first["developerName"], first["master"]) == ("Key & Global", "Key_Global", False)
    assert ids.whole(first["recordTypeId"]) == first["recordTypeId"]
    assert first["recordTypeId"] != new_record_type("Lead", "Key & Global")["recordTypeId"]
