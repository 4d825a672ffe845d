"""`treeload check`: what a run would find and do, by the real command, and nothing is left behind."""

from pathlib import Path

import pytest

DESCRIBE = Path(__file__).parents[1] / "fixtures/describe/Contact_describe.json"
BAD = "Anna,Müller,anna@example.org,\nLee,,lee,\nKim,Lee,,soon\nx,y\n"


def left_behind(desk) -> list[str]:
    return [path.name for path in desk.folder.iterdir() if path.name not in {"home", "people.csv", "people.toml", "more.csv"}]


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_good_file_is_clean_and_nothing_is_left_behind(desk):
    ran = desk.treeload("check", "people.toml")
    assert (ran.code, ran.complaints) == (0, [])
    assert "CLEAN" in ran.out
    assert "to be sent 3" in words(ran.out)
    assert "3 rows in 1 request of some" in ran.out
    assert left_behind(desk) == []


def test_all_findings_are_shown_with_their_counts_and_lines(desk):
    desk.write("people.csv", "First Name,Last Name,Email,Birthdate\n" + BAD)
    ran = desk.treeload("check", "people.toml")
    assert ran.code == 3
    for line in (
        "1 x REQUIRED_FIELD_MISSING (LastName): line 3",
        "1 x INVALID_EMAIL_ADDRESS (Email): line 3",
        "1 x INVALID_VALUE (Birthdate): line 4",
        "1 x UNREADABLE: line 5",
        "rejected here 2",
        "to be sent 1",
    ):
        assert line in words(ran.out)
    assert left_behind(desk) == []


def test_a_check_finds_what_a_run_then_rejects(desk):
    desk.write("people.csv", "First Name,Last Name,Email,Birthdate\n" + BAD)
    found = desk.treeload("check", "people.toml").out
    desk.treeload("run", "people.toml", "--set", "mapping.check=true")
    totals, errors = desk.summary()["totals"], desk.summary()["errors"]
    for name in ("lines_read", "blank", "unreadable", "rows", "rejected_here"):
        assert f"{name.replace('_', ' ')} {totals[name]:,}" in words(found)
    for error in errors:
        assert error["example"] in found
    assert desk.summary()["calls"]["load"] == 1
    assert "1 row in 1 request of" in found
    assert totals["created"] == 1


def test_of_many_rows_the_first_lines_are_named_and_of_several_files_the_file(desk):
    desk.write("people.csv", "Last Name,Email\n" + "Lee,lee\n" * 8)
    desk.write("more.csv", "Last Name,Email\nKim,kim\n")
    one = desk.treeload("check", "people.toml").out
    assert "8 x INVALID_EMAIL_ADDRESS (Email): lines 2, 3, 4, 5, 6, ..." in one
    both = desk.treeload("check", "people.toml", "--input", "more.csv", "--input", "people.csv").out
    assert "9 x INVALID_EMAIL_ADDRESS (Email): lines more.csv:2, people.csv:2" in both


def test_with_a_kept_describe_nobody_is_asked(desk):
    config = (desk.folder / "people.toml").read_text().replace("embedded", "https://nowhere.invalid")
    desk.write("people.toml", config + '[org.auth]\nkind = "access_token"\ntoken = "env:NO_TOKEN"\n')
    assert desk.treeload("check", "people.toml").code != 0
    ran = desk.treeload("check", "people.toml", "--describe", str(DESCRIBE))
    assert ran.code == 0
    assert "The org has used" not in ran.out


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "can't be read"),
        (b"{}", "is not the describe"),
        (b"no json", "is not the describe"),
        (DESCRIBE.with_name("Account_describe.json").read_bytes(), "is the describe of Account, and job.object is Contact"),
    ],
    ids=["missing", "empty", "no JSON", "another object"],
)
def test_what_is_no_describe_of_the_object_is_refused(desk, content, told):
    if content is not None:
        desk.write("kept.json", content)
    ran = desk.treeload("check", "people.toml", "--describe", "kept.json")
    assert (ran.code, len(ran.complaints)) == (2, 1)
    assert told in ran.complaints[0]


def test_a_wrong_mapping_or_a_missing_file_ends_as_in_a_run(desk):
    assert desk.treeload("check", "people.toml", "--set", 'mapping.ignore=["Last Name"]').code == 2
    assert desk.treeload("check", "people.toml", "--input", "nobody.csv").code == 8
    assert left_behind(desk) == []
