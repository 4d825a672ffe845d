"""The cap on what a run may create, by the real command."""


def test_a_run_that_would_create_more_than_allowed_is_refused_in_one_line_and_check_says_so_before(desk):
    limit = ("--set", "limits.max_created=2")
    checked = desk.treeload("check", "people.toml", *limit)
    assert checked.code == 4
    assert "TOO MANY RECORDS: 3 would be sent, and limits.max_created allows 2." in checked.out
    ran = desk.treeload("run", "people.toml", *limit)
    assert (ran.code, len(ran.complaints)) == (4, 1)
    assert "3 records are to be sent, but limits.max_created allows 2: nothing was sent" in ran.complaints[0]
    assert not (desk.folder / "reports/latest").exists()
    assert not (desk.folder / "state/embedded-org.jsonl").read_bytes()


def test_a_run_within_the_cap_says_nothing_of_it(desk):
    ran = desk.treeload("run", "people.toml", "--set", "limits.max_created=3")
    assert (ran.code, ran.complaints) == (0, [])
