"""`treeload describe`: what the org says of an object is kept, and serves where there is no network."""

import orjson


def test_the_describe_is_kept_for_its_owner_only_and_a_check_works_by_it(desk):
    ran = desk.treeload("describe", "people.toml")
    place = desk.folder / "state/describes/Contact.json"
    assert (ran.code, ran.complaints) == (0, [])
    assert str(place) in ran.out
    assert orjson.loads(place.read_bytes())["name"] == "Contact"
    assert place.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in place.parent.iterdir()] == ["Contact.json"]
    by_org, by_file = (desk.treeload("check", "people.toml", *more) for more in ((), ("--describe", str(place))))
    assert by_file.code == 0
    assert by_org.out.splitlines()[:-1] == by_file.out.splitlines()[:-1]  # all but what the org has left


def test_any_object_can_be_kept_anywhere_and_is_put_in_the_place_of_an_older_one(desk):
    desk.write("lead.json", "old")
    assert desk.treeload("describe", "people.toml", "lead", "--out", "lead.json").code == 0
    assert orjson.loads((desk.folder / "lead.json").read_bytes())["name"] == "Lead"
    assert (desk.folder / "lead.json").stat().st_mode & 0o777 == 0o600


def test_an_unknown_object_is_named_with_the_nearest(desk):
    ran = desk.treeload("describe", "people.toml", "Contct")
    assert ran.code == 2
    assert "did you mean Contact?" in ran.complaints[0]
    assert not (desk.folder / "state").exists()


def test_a_place_that_cannot_be_written_is_said_to_be_one(desk):
    desk.write("taken", "")
    ran = desk.treeload("describe", "people.toml", "--out", "taken/contact.json")
    assert (ran.code, len(ran.complaints)) == (2, 1)
    assert "can't be kept there" in ran.complaints[0]
