from pathlib import Path

import pytest

from pipeline.assembly.plans import Part, find_parts, find_samples, is_plan_file
from pipeline.errors import InputError, UsageError

TREES = Path(__file__).parents[1] / "fixtures/trees"


def test_the_files_of_a_plan_are_found_from_its_folder_on(monkeypatch):
    monkeypatch.chdir(TREES / "plugin-data")
    plan = "accounts-contacts-plan.json"
    folder = Path.cwd()
    assert is_plan_file(plan)
    assert find_parts(plan) == (
        Part("Account", f"{folder}/accounts-only.json"),
        Part("Contact", f"{folder}/contacts-only-1.json"),
        Part("Contact", f"{folder}/contacts-only-2.json"),
    )


def test_all_missing_files_are_named_at_once(tmp_path: Path):
    (tmp_path / "Accounts.json").write_text("{}")
    (tmp_path / "folder.json").mkdir()
    plan = tmp_path / "plan.json"
    plan.write_text(
        '[{"sobject":"Account","files":["Account.json","Accounts.json"]},{"sobject":"Lead","files":["folder.json","no/x.json"]}]'
    )
    with pytest.raises(InputError) as caught:
        find_parts(str(plan))
    assert str(caught.value).splitlines() == [
        f"{plan}: Account: {tmp_path}/Account.json: not found; did you mean Accounts.json?",
        f"{plan}: Lead: {tmp_path}/folder.json: is a folder; give a file",
        f"{plan}: Lead: {tmp_path}/no/x.json: not found: there is no folder {tmp_path}/no",
    ]


def test_other_files_are_no_plans(tmp_path: Path):
    other = tmp_path / "plan.jsonl"
    other.write_text('[{"sobject":"Account","files":["a.json"]}]')
    assert not is_plan_file(str(other))
    assert not is_plan_file(f"{TREES}/plugin-data/accounts-only.json")
    with pytest.raises(InputError, match="not found"):
        is_plan_file(f"{tmp_path}/nothing.json")


def test_files_to_learn_from_are_found_by_pattern_and_none_twice():
    folder = TREES / "plugin-data"
    found = find_samples([f"{folder}/contacts-only-2.json", f"{folder}/contacts-only-*.json"])
    assert [path.name for path in found] == ["contacts-only-2.json", "contacts-only-1.json"]
    with pytest.raises(UsageError, match=r"^org.learn: .*no-\*.json matches no file$"):
        find_samples([f"{folder}/no-*.json"])
