"""The configurations that come with the program, and what is written about them."""

import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.config import SecretRef, load
from pipeline.config.shape import LOGINS, SECTIONS, keys_of
from pipeline.config.tables import key_of
from pipeline.mapping.rules import FieldRules

CONFIGS = Path(__file__).parents[2] / "configs"
HEADER = "Person Id,First Name,Last Name,Email,Phone,Job Title,Department,Street,City,Postal Code,Country,Birthdate,Source,Notes"
PEOPLE = HEADER.split(",")
CONTACT_FIELDS = {"Email", "Phone", "Department", "Birthdate"}


def every_setting() -> list[tuple[str, Field[Any]]]:
    """List each once: what several logins have, as the first of them has it."""
    listed: dict[str, Field[Any]] = {}
    for name, setting in each_table_with_its_settings():
        listed.setdefault(name, setting)
    return list(listed.items())


def each_table_with_its_settings() -> Iterator[tuple[str, Field[Any]]]:
    for section, table in {**SECTIONS, **dict.fromkeys(LOGINS, object)}.items():
        for setting in fields(LOGINS.get(section, table)):
            if setting.name != "auth":
                yield ("org.auth" if section in LOGINS else section) + f".{setting.name}", setting


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.name)
def test_each_configuration_is_right_and_names_the_schema_for_editors(path: Path):
    load(path, environ={})
    assert path.read_text().startswith("#:schema ./treeload.schema.json\n")


def test_the_quickstart_says_where_each_column_of_the_sample_goes():
    settings = load(CONFIGS / "quickstart.toml", environ={})
    unmapped = [column for column in PEOPLE if column not in settings.mapping.columns]
    assert set(unmapped) == CONTACT_FIELDS
    assert set(settings.mapping.columns) < set(PEOPLE)
    targets = [settings.mapping.columns.get(column, column) for column in PEOPLE]
    assert len(set(targets)) == len(PEOPLE)
    assert (settings.job.name, settings.org.url) == ("quickstart", "embedded")


def test_both_samples_share_one_journal_and_one_folder_of_reports():
    people, leads = (load(CONFIGS / name, environ={}).job for name in ("quickstart.toml", "leads.toml"))
    root = CONFIGS.parent.resolve()
    assert people.input == (f"{root}/sample_data/people.csv",)
    assert leads.input == (f"{root}/sample_data/leads.jsonl",)
    assert {people.state, leads.state} == {root / "var/state"}
    assert {people.reports, leads.reports} == {root / "var/reports"}
    assert leads.name == "leads"


def uncommented() -> str:
    """Read the template with its defaults switched on."""
    return re.sub(r'(?m)^#(?=[a-z_A-Z"])', "", (CONFIGS / "template.toml").read_text().partition("\n")[2])


def test_the_template_names_every_setting():
    text = uncommented()
    missing = {name for name, _ in every_setting() if not re.search(rf"(?m)(^|[ `\[.]){name.rpartition('.')[2]}( =|\])", text)}
    assert missing == set()


def test_the_template_shows_the_true_defaults(tmp_path: Path):
    (tmp_path / "template.toml").write_text(uncommented())
    shown = load(tmp_path / "template.toml", environ={})
    as_it_is = load(CONFIGS / "template.toml", environ={})
    assert shown.read == as_it_is.read
    assert shown.send == as_it_is.send
    assert shown.org == as_it_is.org
    assert (shown.mapping.ignore, shown.mapping.empty_cells) == (as_it_is.mapping.ignore, as_it_is.mapping.empty_cells)
    assert (shown.job.name, shown.job.state.name, shown.job.reports.name) == ("template", ".treeload", "reports")


def test_the_template_is_for_a_real_org_with_secrets_from_the_environment():
    org = load(CONFIGS / "template.toml", environ={}).org
    assert org.url.startswith("https://")
    assert getattr(org.auth, "client_secret", None) == SecretRef("env", "SF_CLIENT_SECRET")


def documented_default(setting: Field[Any]) -> str:
    if setting.name == "name":
        return "the file's name"
    if setting.default is MISSING or setting.name == "object":
        return "" if setting.default_factory is not MISSING else "required"
    if setting.default == ():
        return ""
    if setting.default is None:
        return '`""`'
    return f"`{orjson.dumps(setting.default, default=str).decode()}`"


@pytest.mark.parametrize(("name", "setting"), [pytest.param(*pair, id=pair[0]) for pair in every_setting()])
def test_every_setting_is_documented_with_its_default(name: str, setting: Field[Any]):
    row = re.search(rf"(?m)^\| `{re.escape(name)}` \| (.*?) ?\| .+ \|$", (CONFIGS / "README.md").read_text())
    assert row, f"configs/README.md has no row for {name}"
    expected = documented_default(setting)
    assert row[1].startswith("required") if expected == "required" else row[1] == expected


def test_every_key_of_a_made_field_is_documented_with_its_default():
    rows = dict(re.findall(r"(?m)^\| `([a-z_]+)` \| (.*?) ?\| .+ \|$", (CONFIGS / "README.md").read_text()))
    keys = {setting.name: setting for setting in fields(FieldRules)}
    expected = {key_of(name): documented_default(setting) for name, setting in keys.items()} | {"from": "required"}
    assert {key: rows.get(key) for key in expected} == expected
    documented = (CONFIGS / "README.md").read_text()
    assert [documented.index(f"\n| `{key}` |") for key in expected] == sorted(
        documented.index(f"\n| `{key}` |") for key in expected
    ), "in the order of the steps"


def test_no_setting_is_documented_that_does_not_exist():
    documented = re.findall(r"(?m)^\| `([a-z_.]+\.[a-z_]+)` \| .*\| .+ \|$", (CONFIGS / "README.md").read_text())
    known = {name for name, _ in every_setting()} | {"treeload.schema"}
    assert {name for name in documented if name.partition(".")[0] in SECTIONS} <= known
    assert len(documented) == len(set(documented)) >= sum(len(keys_of(table)) for table in SECTIONS.values())
