"""A first configuration is valid whatever columns are called, and says of each where it goes."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.config import load
from pipeline.config.draft import Draft, PlanDraft, job_name, written, written_for_plan

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def draft(**changed: object) -> Draft:
    usual: dict = {
        "made_by": "treeload init people.csv",
        "target": "Contact",
        "why": "a guess",
        "input": "people.csv",
        "url": "embedded",
        "login": "client_credentials",
        "token": "",
        "found": {"encoding": "utf-8", "delimiter": ";"},
        "read": {},
        "columns": [("Surname", "LastName", "by a usual word for it")],
        "ignored": [("Index", "no field is called so")],
        "nested": [],
        "dates": [],
        "missing": [],
        "marker": [],
        "keys": [],
    }
    return Draft(**(usual | changed))


def loaded(folder: Path, given: Draft, name: str = "people.toml"):
    path = folder / name
    path.write_bytes(written(given, path).encode())
    return load(path, environ={})


@given(names=st.lists(TEXT, unique_by=str.lower, min_size=1, max_size=8), said=TEXT, cut=st.integers(0, 8))
def test_any_column_and_any_remark_make_a_valid_file_that_says_the_same(tmp_path_factory, names, said, cut):
    columns = [(name, f"Field{number}__c", said) for number, name in enumerate(names[:cut])]
    settings = loaded(
        tmp_path_factory.getbasetemp(),
        draft(
            columns=columns,
            ignored=[(name, said) for name in names[cut:]],
            made_by=said,
            why=said,
            keys=[(said, "Key__c")],
            nested=[(said, said)],
        ),
    )
    assert settings.mapping.columns == {column: field for column, field, _ in columns}
    assert settings.mapping.ignore == tuple(names[cut:])


def test_what_was_given_to_read_the_file_is_set_and_what_was_found_is_a_comment(tmp_path: Path):
    given = draft(read={"encoding": "cp1252", "null_words": ["NULL"], "allow_empty": True})
    settings = loaded(tmp_path, given)
    assert (settings.read.encoding, settings.read.null_words, settings.read.allow_empty) == ("cp1252", ("NULL",), True)
    assert settings.read.delimiter == "auto"
    assert '#delimiter = ";" # found in the file' in (tmp_path / "people.toml").read_text()


@pytest.mark.parametrize(("login", "kind"), [("access_token", "AccessToken"), ("client_credentials", "ClientCredentials")])
def test_a_job_for_a_real_org_says_how_to_log_in(tmp_path: Path, login: str, kind: str):
    org = loaded(tmp_path, draft(url="https://acme.my.salesforce.com", login=login, token="env:SF_TOKEN")).org
    assert type(org.auth).__name__ == kind


def test_required_fields_that_nobody_gives_stand_where_they_can_be_set(tmp_path: Path):
    loaded(tmp_path, draft(missing=["Company"]))
    assert '#Company = "" # REQUIRED by Contact, and no column gives it' in (tmp_path / "people.toml").read_text()


@pytest.mark.parametrize(
    ("path", "name"),
    [("people.csv.gz", "people"), ("Kunden 2026 (neu).csv", "Kunden-2026-neu"), (".csv", "job"), ("ключи.csv", "job")],
)
def test_a_job_is_called_like_its_file_as_far_as_a_job_may_be(tmp_path: Path, path: str, name: str):
    assert job_name(Path(path)) == name
    assert loaded(tmp_path, draft(), f"{path}.toml").job.name == name


def test_forms_of_dates_that_fit_stand_where_one_of_them_can_be_switched_on(tmp_path: Path):
    path = tmp_path / "people.toml"
    dates = [('Born "on"', "Birthdate", ["%d/%m/%y", "%m/%d/%y"], False), ("Seen", "Seen__c", ["%d.%m.%Y %H:%M"], True)]
    text = written(draft(dates=dates), path)
    assert "take one of the forms" in text
    path.write_text(text.replace("#Birthdate", "Birthdate", 1).replace("#Seen__c", "Seen__c"))
    fields = load(path, environ={}).mapping.fields
    assert (fields["Birthdate"].from_, fields["Birthdate"].date, fields["Birthdate"].century) == ('Born "on"', "%d/%m/%y", 1930)
    assert (fields["Seen__c"].date, fields["Seen__c"].zone) == ("%d.%m.%Y %H:%M", "UTC")


@given(files=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=3), name=TEXT.filter(str.strip))
@example(files=[("accounts.json", "Account")], name="~")
def test_any_plan_makes_a_valid_file(tmp_path_factory, files, name):
    path = tmp_path_factory.getbasetemp() / "plan.toml"
    plan = f"{name.translate({0: None, 47: None})}-plan.json"
    made = PlanDraft(made_by=name, files=files, input=plan, url="embedded", login="client_credentials", token="")
    path.write_bytes(written_for_plan(made, path).encode())
    settings = load(path, environ={})
    assert len(settings.job.input) == len(settings.org.learn) == 1
    assert settings.mapping.check
