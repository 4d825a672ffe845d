"""Drift: what the org says now against the describe that a job keeps."""

import orjson
import pytest

CHANGES = {
    "Email": {"length": 200},
    "LastName": {"nillable": True},
    "LeadSource": {"picklistValues": []},
}


@pytest.fixture
def drifted(desk):
    """Keep a describe of Contact as it was: four fields were other than they are."""
    desk.treeload("describe", "people.toml")
    place = desk.folder / "state/describes/Contact.json"
    described = orjson.loads(place.read_bytes())
    fields = [field | CHANGES.get(field["name"], {}) for field in described["fields"] if field["name"] != "Fax"]
    place.write_bytes(orjson.dumps(described | {"fields": fields}))
    return place


def test_a_describe_says_what_has_changed_before_it_replaces_an_older_one(desk, drifted):
    ran = desk.treeload("describe", "people.toml")
    assert (ran.code, ran.complaints) == (0, [])
    told = ran.out.splitlines()
    assert told[1].startswith("Contact has changed since its describe was kept on 20")
    assert [line.strip() for line in told[2:5]] == [
        "LastName: required: yes, was no",
        "Fax: is new, phone",
        "Email: length: 80, was 200",
    ]
    assert told[5].strip().startswith("LeadSource: picklist now with Web, ")
    assert "Nothing has changed since 20" in desk.treeload("describe", "people.toml").out


def test_what_is_no_describe_is_replaced_and_that_is_said(desk):
    desk.write("contact.json", "old")
    ran = desk.treeload("describe", "people.toml", "--out", "contact.json")
    assert ran.code == 0
    assert "What was there was no describe of this object; it is replaced." in ran.out


def test_a_check_tells_what_has_changed_of_the_jobs_own_fields_and_a_run_too(desk, drifted):
    checked = desk.treeload("check", "people.toml")
    assert checked.code == 0
    ran = desk.treeload("run", "people.toml")
    assert ran.code == 0
    for lines in (checked.out.splitlines()[1:4], [line.removeprefix("treeload: ") for line in ran.complaints]):
        assert lines[0].startswith("Contact has changed since its describe was kept on")
        assert [line.strip() for line in lines[1:]] == ["LastName: required: yes, was no", "Email: length: 80, was 200"]


def test_without_a_kept_describe_or_without_drift_nothing_is_told(desk):
    assert desk.treeload("run", "people.toml").complaints == []
    desk.treeload("describe", "people.toml")
    assert desk.treeload("run", "people.toml", "--fresh").complaints == []


def test_what_has_changed_is_told_even_where_the_job_can_then_not_begin(desk, drifted):
    described = orjson.loads(drifted.read_bytes())
    described["fields"].append(described["fields"][-1] | {"name": "Gone__c", "label": "Gone", "createable": True})
    drifted.write_bytes(orjson.dumps(described))
    ran = desk.treeload("run", "people.toml", "--set", "mapping.constants.Gone__c=x")
    assert ran.code == 2
    assert any(line.strip() == "treeload:   Gone__c: is gone" for line in ran.complaints)
    assert "has no field 'Gone__c'" in ran.complaints[-1]
