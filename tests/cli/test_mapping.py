"""Fields that are made, by the real command: from a spreadsheet as it is to records as they should be."""

import csv

RULES = """
[mapping]
check = true
key = "Import_Key__c"

[mapping.fields]
LastName = { from = "Name", part = "last" }
FirstName = { from = "Name", part = "first" }
Salutation = { from = "Anrede", values = { "Herr" = "Mr.", "Frau" = "Ms." } }
Birthdate = { from = "Geboren", null_words = ["-"], date = "%d.%m.%y", century = 1930 }
Phone = { from = "Tel", function = "acme_numbers:phone" }
Import_Key__c = { from = ["Land", "Nr"], join = "-", clean = ["strip", "upper"] }
"""
NUMBERS = """
def phone(text):
    if not text.strip("+0123456789 "):
        return "+" + "".join(filter(str.isdigit, text))
    raise ValueError("is no number")
"""
PEOPLE = """\
Nr,Land,Anrede,Name,Geboren,Tel
1,de,Frau,"Müller, Anna",31.1.90,+49 30 123
2,de,Herr,Kim Lee,-,
3,at,,Cher,1.2.29,call me
4,at,Dr.,Jo Doe,30.2.01,
"""


def made(desk):
    config = (desk.folder / "people.toml").read_text().partition("[mapping.columns]")[0]
    desk.write("people.toml", config + RULES)
    desk.write("people.csv", PEOPLE)
    desk.write("acme_numbers.py", NUMBERS)


def test_made_fields_are_loaded_and_bad_values_come_back_with_their_line(desk):
    made(desk)
    assert desk.treeload("check", "people.toml").code == 3
    ran = desk.treeload("run", "people.toml")
    assert (ran.code, ran.complaints) == (3, [])
    assert desk.summary()["totals"]["created"] == 2
    with (desk.folder / "reports/latest/rejected.csv").open(newline="") as file:
        rejected = [*csv.DictReader(file)]
    assert [row["Name"] for row in rejected] == ["Cher", "Jo Doe"], "the columns are those of the source"
    assert "Tel: 'call me' is no number (says acme_numbers:phone)" in rejected[0].values()
    assert any("Anrede: 'Dr.' is not among the values that are mapped" in cell for cell in rejected[1].values())


def test_a_corrected_file_is_made_in_the_same_way(desk):
    made(desk)
    desk.treeload("run", "people.toml")
    rejected = (desk.folder / "reports/latest/rejected.csv").read_text()
    desk.write("more.csv", rejected.replace("call me", "1").replace("Dr.", "Frau").replace("30.2.01", "28.2.01"))
    assert desk.treeload("run", "people.toml", "--input", "more.csv").code == 0
    assert desk.summary()["totals"]["created"] == 2


def test_what_is_wrong_with_the_table_is_one_line_and_nothing_is_sent(desk):
    made(desk)
    for given, said in {
        "mapping.fields.Phone.function=acme_numbers:fone": "acme_numbers has no function fone; did you mean phone?",
        "mapping.fields.Phone.from=Tell": "mapping.fields.Phone: there is no column 'Tell'; did you mean 'Tel'?",
        "mapping.fields.Birthdate.century=0": "it holds %y, a year without its century",
    }.items():
        ran = desk.treeload("run", "people.toml", "--set", given)
        assert ran.code == 2
        assert said in "\n".join(ran.complaints)
        assert all(": column 'Tel'" in line or said in line for line in ran.complaints)
    assert not (desk.folder / "reports").exists()


LOOKUPS = """
[mapping.fields]
LastName = { from = "Last" }
AccountId = { from = "Firm", lookup = "Account.Name" }
"""
FIRMS = "Last,Firm\nKim,ACME\nLee,Nowhere\n"


def looking_up(desk, served):
    auth = f'url = "{served.url}"\n[org.auth]\nkind = "access_token"\ntoken = "env:ORG_TOKEN"'
    config = (desk.folder / "people.toml").read_text().partition("[mapping.columns]")[0].replace('url = "embedded"', auth)
    desk.write("firms.toml", config.replace("people", "firms").replace("Contact", "Account"))
    desk.write("firms.csv", "Name\nAcme\n")
    assert desk.treeload("run", "firms.toml", ORG_TOKEN=served.token).code == 0
    desk.write("people.toml", config + LOOKUPS)
    desk.write("people.csv", FIRMS)


def test_ids_are_looked_up_before_the_load_and_the_questions_are_in_the_report(desk, served):
    looking_up(desk, served)
    assert desk.treeload("check", "people.toml", ORG_TOKEN=served.token).code == 3
    ran = desk.treeload("run", "people.toml", ORG_TOKEN=served.token)
    assert (ran.code, ran.complaints) == (3, [])
    assert desk.summary()["calls"]["lookup"] == 1
    [rejected] = [row for row in desk.results() if row["state"] == "rejected_here"]
    assert (rejected["line"], rejected["error_code"]) == ("3", "LOOKUP_NOT_FOUND")


def test_a_check_without_the_org_says_what_it_has_not_checked(desk, served):
    looking_up(desk, served)
    desk.treeload("describe", "people.toml", "Contact", "--out", "Contact.json", ORG_TOKEN=served.token)
    ran = desk.treeload("check", "people.toml", "--describe", "Contact.json")
    assert ran.code == 0
    assert "Not checked: whether the org has the records that rows look up (Account.Name): leave out --describe." in ran.out
