"""The embedded org takes over objects from data: as part of a run, and alone."""

import pytest

from tests.cli.conftest import serving

JOB = """\
[job]
object = "City__c"
input = "cities.csv"
state = "state"
reports = "reports"
[org]
url = "embedded"
"""
TREE = '{"records":[{"attributes":{"type":"City__c","referenceId":"c1"},"Name":"Rome","Founded__c":"0753-04-21"}]}'


@pytest.fixture
def cities(desk):
    desk.write("cities.csv", "Name,Founded__c\nRome,0753-04-21\nBern,1191-01-01\n")
    desk.write("tree.json", TREE)
    return desk


def test_a_job_loads_into_objects_that_the_embedded_org_learned(cities):
    cities.write("job.toml", JOB + 'learn = ["*.json"]\n')
    ran = cities.treeload("run", "job.toml")
    assert ran.code == 0, ran
    assert [row["object"] for row in cities.results()] == ["City__c", "City__c"]
    assert cities.treeload("run", "job.toml").code == 0


def test_without_it_the_object_is_unknown(cities):
    cities.write("job.toml", JOB)
    ran = cities.treeload("run", "job.toml")
    assert ran.code == 2
    assert "the org has no object 'City__c'" in ran.complaints[-1]


@pytest.mark.parametrize(
    ("pattern", "content", "why"),
    [
        ("none*.json", TREE, "none*.json matches no file"),
        ("tree.json", "{}", "the embedded org can't start: nothing can be learned from"),
        ("tree.json", '[{"sobject":"City__c","files":["no.json"]}]', "no.json"),
    ],
)
def test_what_cannot_be_learned_from_is_one_line_and_nothing_happens(cities, pattern, content, why):
    cities.write("tree.json", content)
    cities.write("job.toml", JOB + f'learn = "{pattern}"\n')
    ran = cities.treeload("run", "job.toml")
    assert ran.code == 2
    assert len(ran.complaints) == 1
    assert why in ran.complaints[0]
    assert not (cities.folder / "reports").exists()


def test_an_org_that_stands_alone_learns_too(cities):
    with serving(cities, "--learn", "tree.json") as served:
        auth = '[org.auth]\nkind = "access_token"\ntoken = "env:ORG_TOKEN"\n'
        cities.write("job.toml", JOB.replace("embedded", served.url) + auth)
        ran = cities.treeload("run", "job.toml", ORG_TOKEN=served.token)
    assert ran.code == 0, ran
    assert b'"City__c"' in served.ledger.read_bytes()
