"""`treeload init`: from somebody's file to a configuration that checks, in two commands."""

import re
from pathlib import Path

import orjson
import pytest

FIXTURES = Path(__file__).parents[1] / "fixtures"
FILES = sorted([*(FIXTURES / "large").glob("*.csv"), *(FIXTURES / "csv").rglob("*.csv")])
FITTING = {
    "Contact_Data.csv": "Contact",
    "Harvest_Field_Data.csv": "Campaign",
    "Lead_Data.csv": "Lead",
    "Market_Data.csv": "Account",
    "Merchandise_Data.csv": "Account",
    "Space_Data.csv": "Account",
    "addresses.csv": "Contact",
    "chadwick-names.csv": "Contact",
    "comma.csv": "Account",
    "comma_wrapped_values.csv": "Account",
    "dreaminvest-sectors.csv": "Account",
    "leads-1000.csv": "Lead",
    "semicolon.csv": "Account",
    "tab.csv": "Account",
    "utf_8_bom_csv.csv": "Account",
    "people-1000.csv": "Contact",
    "accountsForInsert.csv": "Account",
    "acctsWithBinaryDataInRTF.csv": "Account",
    "bulkV2MultipleJobsCsvTemplate.csv": "Account",
    "constantMappingInCsv.csv": "Account",
    "dateEndingInZ.csv": "Account",
    "dateOnlyWithTimeZone.csv": "Account",
    "dateWithTimeZone.csv": "Account",
    "emptyFirstRowFieldValueInCsvTemplate.csv": "Account",
    "insertAccountCsv.csv": "Account",
    "insertTaskWithContactAsWhoCsv.csv": "Task",
    "oneToManySforceFieldsMappingInCsv.csv": "Account",
    "polymorphicRelationshipInAttachment.csv": "Account",
    "timeZoneFormatTesting.csv": "Account",
    "upsertAccountCsvTemplate.csv": "Account",
    "upsertAccountSmallTemplate.csv": "Account",
    "upsertFkAccountNewFormatCsvTemplate.csv": "Account",
}
INCOMPLETE = {"addresses.csv", "chadwick-names.csv"}
"""They have no column for a field that the org requires, and init says so."""
GERMAN = """\
Vorname;Nachname;E-Mail;Straße;PLZ;Ort;Geburtsdatum;Kundennr;Leer
Jürgen;Müller;juergen@example.org;Hauptstraße 1;80331;München;31.12.1980;17;
Zoë;NULL;zoe@example.org;Weg 2;1;Köln;01.02.1990;18;
"""


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_gets_a_configuration_that_checks_or_is_told_that_nothing_fits(desk, path: Path):
    ran = desk.treeload("init", str(path), "--out", "job.toml")
    if path.name not in FITTING:
        assert ran.code in {2, 8}
        assert len(ran.complaints) >= 1
        assert not (desk.folder / "job.toml").exists()
        return
    assert (ran.code, ran.complaints) == (0, [])
    assert f"To {FITTING[path.name]}, a guess" in ran.out
    checked = desk.treeload("check", "job.toml")
    if path.name in INCOMPLETE:
        assert checked.complaints == [
            "treeload: Contact.LastName is required, and no column or constant gives it: map a column to it"
        ]
    else:
        assert checked.code in {0, 3}, checked.err


def test_the_two_commands_that_it_names_are_all_that_is_needed(desk):
    ran = desk.treeload("init", str(FIXTURES / "large/leads-1000.csv"))
    check, run = [words(line).removesuffix("(sends nothing)").split() for line in ran.out.splitlines() if "  treeload " in line]
    assert desk.treeload(*check[1:]).code == 0
    assert desk.treeload(*run[1:]).code == 0
    assert desk.summary()["totals"]["created"] == 1_000


def test_a_file_in_another_encoding_is_shown_in_those_that_it_may_be_in_and_how_to_say_which(desk):
    desk.write("kunden.csv", GERMAN.encode("cp1252"))
    refused = desk.treeload("init", "kunden.csv")
    assert refused.code == 8
    assert any(re.fullmatch("treeload: +cp1252: Straße", line) for line in refused.complaints)
    assert "treeload init kunden.csv --set read.encoding=..." in refused.complaints[-1]
    ran = desk.treeload("init", "kunden.csv", "--set", "read.encoding=cp1252")
    assert ran.code == 0
    assert 'encoding = "cp1252"\n' in (desk.folder / "kunden.toml").read_text()
    assert desk.treeload("check", "kunden.toml").code == 0


def test_what_is_odd_is_said_and_what_does_not_fit_its_field_is_not_mapped(desk):
    desk.write("kunden.csv", GERMAN)
    out = words(desk.treeload("init", "kunden.csv").out)
    for told in (
        "CSV with semicolons, utf-8, 9 columns",
        "Nachname -> LastName by a usual word for it",
        "Geburtsdatum NOT LOADED: looks like Birthdate, but 2 of 2 values don't fit Birthdate",
        "Kundennr NOT LOADED: no field is called so",
        "* Leer: is empty in all of the first rows",
        '* cells that may mean nothing: set read.null_words = ["NULL"], if they do',
        "* Geburtsdatum: dates of the form %d.%m.%Y: see [mapping.fields]",
        "* 3 columns will not be loaded: see mapping.ignore",
    ):
        assert told in out


def test_the_form_of_dates_that_it_found_only_needs_to_be_switched_on(desk):
    desk.write("kunden.csv", GERMAN)
    desk.treeload("init", "kunden.csv")
    text = (desk.folder / "kunden.toml").read_text()
    desk.write("kunden.toml", text.replace("#Birthdate = ", "Birthdate = "))
    ran = desk.treeload("run", "kunden.toml")
    assert ran.code == 0, ran.complaints
    assert '"Birthdate":"1980-12-31"' in (desk.folder / ".treeload/embedded-org.jsonl").read_text().replace(" ", "")


def test_a_required_field_that_nobody_gives_is_named_and_the_check_then_names_it_too(desk):
    desk.write("leads.csv", "First Name,Last Name,Email\nKim,Lee,kim@example.org\n")
    ran = desk.treeload("init", "leads.csv", "--object", "lead")
    assert "Lead.Company is required, and no column gives it" in ran.out
    assert "Lead.Company is required" in desk.treeload("check", "leads.toml").complaints[0]
    assert desk.treeload("check", "leads.toml", "--set", 'mapping.constants.Company="-"').code == 0


def test_an_object_that_is_named_gets_its_configuration_even_if_no_column_has_a_field(desk):
    desk.write("odd.csv", "column1,column2\n1,2\n")
    assert desk.treeload("init", "odd.csv").code == 2
    ran = desk.treeload("init", "odd.csv", "--object", "Contact")
    assert (ran.code, "To Contact: 0 of 2 columns have a field." in ran.out) == (0, True)
    assert "Contact.LastName is required" in desk.treeload("check", "odd.toml").complaints[0]


def test_json_lines_are_looked_at_as_well_and_nested_values_are_not_mapped(desk):
    desk.write("people.jsonl", '{"LastName":"Lee","Email":"kim@example.org","Phone":{"home":1}}\n')
    ran = desk.treeload("init", "people.jsonl", "--out", "new.toml")
    assert "looks like Phone, but holds nested values" in ran.out
    assert desk.treeload("check", "new.toml").code == 0


def test_records_that_hang_under_others_are_told_to_be_loaded_with_them(desk):
    tree = b'{"attributes":{"type":"Account","referenceId":"a"},"Name":"Acme","Contacts":{"records":[{"LastName":"Lee"}]}}\n'
    desk.write("trees.jsonl", tree)
    ran = desk.treeload("init", "trees.jsonl")
    assert "Contacts -> holds Contact records" in words(ran.out)
    assert "NOT LOADED" not in ran.out
    checked = desk.treeload("check", "trees.toml")
    assert (checked.code, "to be sent 2" in words(checked.out)) == (0, True)


def test_nothing_is_written_over_without_force(desk):
    before = (desk.folder / "people.toml").read_text()
    ran = desk.treeload("init", "people.csv")
    assert (ran.code, len(ran.complaints)) == (2, 1)
    assert "--force" in ran.complaints[0]
    assert (desk.folder / "people.toml").read_text() == before
    assert desk.treeload("init", "people.csv", "--force").code == 0
    assert (desk.folder / "people.toml").read_text() != before


def test_with_a_token_the_orgs_own_fields_are_asked_for_and_the_job_goes_there(desk, served):
    ran = desk.treeload(
        "init", "people.csv", "--out", "new.toml", "--url", served.url, "--token", "env:TOKEN", TOKEN=served.token
    )
    assert ran.code == 0
    assert "embedded" not in ran.out
    assert desk.treeload("check", "new.toml", TOKEN=served.token).code == 0


def test_without_one_the_fields_are_those_of_the_embedded_org_and_that_is_said(desk):
    ran = desk.treeload("init", "people.csv", "--out", "new.toml", "--url", "https://acme.my.salesforce.com")
    assert ran.code == 0
    assert "the fields are those of the embedded org: give --token or --describe" in ran.out


def test_with_a_kept_describe_nobody_is_asked(desk):
    describe = FIXTURES / "describe/Lead_describe.json"
    ran = desk.treeload("init", "people.csv", "--out", "new.toml", "--describe", str(describe))
    assert ran.code == 0
    assert "To Lead" in ran.out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("nobody.csv",), 8, "not found"),
        (("people.csv", "--object", "Contct"), 2, "did you mean Contact?"),
        (("people.csv", "--url", "acme"), 2, "--set org.url: must be"),
        (("people.csv", "--token", "env:X"), 2, "give --url, too"),
        (("people.csv", "--url", "https://acme.my.salesforce.com", "--token", "secret"), 2, "by reference only"),
        (("people.csv", "--set", "send.concurrency=1"), 2, "only settings of [read] count here"),
        (("people.csv", "--set", "read.delimter=;"), 2, "did you mean delimiter?"),
        (("people.csv", "--describe", "people.csv"), 2, "is not the describe of an object"),
        (("people.csv", "--out", "people.csv/x.toml"), 2, "can't be written"),
    ],
)
def test_what_cannot_be_done_ends_in_one_line_and_nothing_is_written(desk, arguments, code: int, told: str):
    ran = desk.treeload("init", *arguments, *(() if "--out" in arguments else ("--out", "new.toml")))
    assert (ran.code, len(ran.complaints)) == (code, 1), ran.complaints
    assert told in ran.complaints[0]
    assert not (desk.folder / "new.toml").exists()


TREES = FIXTURES / "trees"


@pytest.mark.parametrize("name", ["lwc-recipes/data-plan.json", "coral-cloud/data-plan.json", "easy-spaces-lwc/Plan2.json"])
def test_a_plan_gets_a_configuration_with_which_all_of_it_loads(desk, name):
    ran = desk.treeload("init", str(TREES / name), "--out", "job.toml")
    assert (ran.code, ran.complaints) == (0, [])
    assert "a plan of the Salesforce CLI" in ran.out
    checked = desk.treeload("check", "job.toml")
    assert (checked.code, checked.complaints) == (0, [])
    assert desk.treeload("run", "job.toml").code == 0
    assert set(desk.summary()["objects"]) == {line.split("-> ")[1] for line in ran.out.splitlines() if "-> " in line}


def test_a_plan_for_a_real_org_is_learned_by_nobody(desk):
    plan = str(TREES / "lwc-recipes/data-plan.json")
    desk.treeload("init", plan, "--out", "job.toml", "--url", "https://acme.my.salesforce.com", "--token", "env:TOKEN")
    text = (desk.folder / "job.toml").read_text()
    assert "learn" not in text
    assert 'token = "env:TOKEN"' in text


@pytest.mark.parametrize("option", [("--object", "Lead"), ("--describe", "people.csv"), ("--set", "read.encoding=cp1252")])
def test_what_a_plan_says_itself_is_not_said_by_options(desk, option):
    ran = desk.treeload("init", str(TREES / "lwc-recipes/data-plan.json"), "--out", "job.toml", *option)
    assert (ran.code, len(ran.complaints)) == (2, 1)
    assert f"{option[0]}: is not for a plan" in ran.complaints[0]
    assert not (desk.folder / "job.toml").exists()


def test_a_tree_file_says_what_its_records_are_and_the_embedded_org_learns_from_it(desk):
    ran = desk.treeload("init", str(TREES / "dreamhouse-lwc/brokers-data.json"), "--out", "job.toml")
    assert "To Broker__c: 6 of 6 columns have a field." in ran.out
    assert desk.treeload("run", "job.toml").code == 0
    assert desk.summary()["objects"] == {"Broker__c": {"created": 8}}


def test_records_that_others_name_are_to_be_loaded_with_them(desk):
    out = words(desk.treeload("init", str(TREES / "lwc-recipes/Contacts.json"), "--out", "job.toml").out)
    assert "AccountId -> AccountId by its name" in out
    assert "AccountId: names records that are not in this file (@AccountRef" in out
    own = words(desk.treeload("init", str(TREES / "plugin-data/self-referencing/Account.json"), "--out", "own.toml").out)
    assert "ParentId -> ParentId by its name" in own
    assert "not in this file" not in own


def test_record_types_that_are_named_are_not_left_out(desk):
    record = {"attributes": {"type": "Account", "referenceId": "a"}, "Name": "A", "RecordType": {"Name": "Partner"}}
    desk.write("accounts.json", orjson.dumps({"records": [record]}))
    ran = desk.treeload("init", "accounts.json")
    assert "RecordType -> names record types: their ids go to RecordTypeId" in words(ran.out)
    assert desk.treeload("run", "accounts.toml").code == 0
    assert b'"RecordTypeId":"012' in (desk.folder / ".treeload/embedded-org.jsonl").read_bytes()
