"""Families by the real command: nested in JSON, made of the row, another object for some rows; held against what the org has."""

import csv
from collections import Counter

import orjson
import pytest

ORG = """\
state = "state"
reports = "reports"
[org]
url = "embedded"
"""
ACCOUNTS = '[job]\nobject = "Account"\ninput = "accounts.jsonl"\n' + ORG
WEBINAR = (
    '[job]\nobject = "Contact"\ninput = "webinar.csv"\n'
    + ORG
    + """\
[mapping.columns]
"First" = "FirstName"
"Last" = "LastName"

[mapping.children.CampaignMembers]
of_row = true
columns = { "Came" = "Status" }
constants = { CampaignId = "CAMPAIGN" }

[mapping.cases.Lead]
when = { column = "Company", filled = true }

[mapping.cases.Lead.children.CampaignMembers]
of_row = true
columns = { "Came" = "Status" }
constants = { CampaignId = "CAMPAIGN" }
when = { column = "Came", filled = true }
"""
)


def loaded(desk, config, *args):
    ran = desk.treeload("run", config, *args)
    assert ran.complaints == []
    assert desk.summary()["balanced"]
    return ran


def records(desk) -> dict[str, dict]:
    """Read what the embedded org holds, by id."""
    return {
        entry["id"]: entry["fields"] | {"object": entry["object"]}
        for line in (desk.folder / "state/embedded-org.jsonl").read_bytes().splitlines()
        for entry in orjson.loads(line).get("records", [])
    }


@pytest.fixture
def campaign(desk) -> str:
    desk.write("campaign.jsonl", '{"Name": "Summer webinar"}\n')
    desk.write("campaign.toml", '[job]\nobject = "Campaign"\ninput = "campaign.jsonl"\n' + ORG)
    loaded(desk, "campaign.toml")
    return desk.results()[0]["id"]


def test_what_is_nested_in_rows_is_created_under_it_and_reported_under_its_own_object(desk):
    rows = [
        {
            "attributes": {"type": "Account", "referenceId": "a1"},
            "Name": "Acme",
            "NumberOfEmployees": 12,
            "Contacts": {
                "records": [{"attributes": {"type": "Contact", "referenceId": "c1"}, "LastName": "Smith"}, {"LastName": "Evans"}]
            },
        },
        {"Name": "Plain"},
        {"Name": "Lower", "contacts": [{"lastname": "Jones"}]},
    ]
    desk.write("accounts.jsonl", b"\n".join(map(orjson.dumps, rows)))
    desk.write("accounts.toml", ACCOUNTS)
    assert loaded(desk, "accounts.toml").code == 0
    results = desk.results()
    assert [(row["line"], row["object"], row["reference"], row["state"]) for row in results] == [
        ("1", "Account", "r1_1", "created"),
        ("1", "Contact", "r1_1_1", "created"),
        ("1", "Contact", "r1_1_2", "created"),
        ("2", "Account", "r1_2", "created"),
        ("3", "Account", "r1_3", "created"),
        ("3", "Contact", "r1_3_1", "created"),
    ]
    held = records(desk)
    ids = {row["reference"]: row["id"] for row in results}
    assert held[ids["r1_1_1"]] | {"LastName": "Smith", "AccountId": ids["r1_1"]} == held[ids["r1_1_1"]]
    assert held[ids["r1_3_1"]] | {"LastName": "Jones", "AccountId": ids["r1_3"]} == held[ids["r1_3_1"]]
    totals = desk.summary()["totals"]
    assert (totals["rows"], totals["nested"], totals["created"], totals["distinct_ids"]) == (3, 3, 6, 6)
    assert desk.summary()["objects"] == {"Account": {"created": 3}, "Contact": {"created": 3}}
    assert loaded(desk, "accounts.toml").out.startswith("Nothing was sent")


def test_a_family_with_a_bad_member_is_rejected_as_a_whole_and_loads_once_it_is_corrected(desk):
    rows = [
        {"Name": "Good", "Contacts": [{"LastName": "Smith"}]},
        {"Name": "Bad", "Contacts": [{"LastName": "Fine"}, {"LastName": "Wrong", "Email": "nowhere"}]},
    ]
    desk.write("accounts.jsonl", b"\n".join(map(orjson.dumps, rows)))
    desk.write("accounts.toml", ACCOUNTS)
    assert loaded(desk, "accounts.toml").code == 3
    bad = [row for row in desk.results() if row["line"] == "2"]
    assert [(row["reference"], row["state"], row["error_code"]) for row in bad] == [
        ("r1_2", "rejected_by_org", "FAMILY"),
        ("r1_2_1", "rejected_by_org", "FAMILY"),
        ("r1_2_2", "rejected_by_org", "INVALID_EMAIL_ADDRESS"),
    ]
    (rejected,) = (desk.folder / "reports/latest/rejected.jsonl").read_bytes().splitlines()
    assert orjson.loads(rejected)["Contacts"] == rows[1]["Contacts"]
    desk.write("again.jsonl", rejected.replace(b"nowhere", b"wrong@example.org"))
    assert loaded(desk, "accounts.toml", "--input", "again.jsonl").code == 0
    assert Counter(record["object"] for record in records(desk).values()) == {"Account": 2, "Contact": 3}


def test_checked_here_a_bad_member_costs_no_call_and_is_told_by_its_place(desk):
    desk.write(
        "accounts.jsonl", '{"Name": "Bad", "Contacts": [{"LastName": "Fine"}, {"LastName": "Wrong", "Email": "nowhere"}]}\n'
    )
    desk.write("accounts.toml", ACCOUNTS + "[mapping]\ncheck = true\n")
    assert loaded(desk, "accounts.toml").code == 3
    assert "load" not in desk.summary()["calls"]
    assert desk.results()[0]["error_message"].startswith("Contacts[2]: Email: 'nowhere' is not an e-mail address")
    assert desk.summary()["totals"]["rejected_here"] == 3


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ('{"Name": "A", "Contacs": [{"LastName": "B"}]}', "column 'Contacs' is not a field of Account"),
        ('{"Name": "A", "Contacts": [{"LastNam": "B"}]}', "children.Contacts: column 'LastNam' is not a field of Contact"),
    ],
)
def test_what_the_org_does_not_know_stops_the_run_before_anything_is_sent(desk, row, complaint):
    desk.write("accounts.jsonl", row)
    desk.write("accounts.toml", ACCOUNTS)
    ran = desk.treeload("run", "accounts.toml")
    assert ran.code == 2
    assert any(complaint in line for line in ran.complaints), ran.err
    assert not (desk.folder / "reports").exists()


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("[mapping.children.Contacts]\nof_row = false\n", "of_row: must be true"),
        ("[mapping.children.Contacts]\nof_row = true\nkey = 'Email'\n", "key: is only for what rows become instead"),
        ("[mapping.children.Kontakts]\nof_row = true\n", "Account has no child relationship 'Kontakts'; did you mean Contacts?"),
        ("[mapping.cases.Lead]\n", "mapping.cases.Lead.when: is required"),
        ("[mapping.cases.Lead]\nwhen = { column = 'Nam', filled = true }\n", "there is no column 'Nam'"),
        (
            "[mapping.children.Contacts]\nof_row = true\n[mapping.children.Contacts.children.CampaignMembers]\n",
            "mapping.children.Contacts.children.CampaignMembers.of_row: must be true",
        ),
    ],
)
def test_a_table_that_would_do_nothing_is_refused(desk, table, fault):
    desk.write("accounts.csv", "Name\nAcme\n")
    desk.write("accounts.toml", ACCOUNTS.replace("jsonl", "csv") + table)
    ran = desk.treeload("run", "accounts.toml")
    assert ran.code == 2
    assert any(fault in line for line in ran.complaints), ran.err


def test_a_child_that_only_later_rows_have_may_be_declared(desk):
    rows = ['{"Name": "A"}'] * 1000 + ['{"Name": "B", "Contacts": [{"LastName": "C"}]}']
    desk.write("accounts.jsonl", "\n".join(rows))
    desk.write("accounts.toml", ACCOUNTS + "[mapping.children.Contacts]\n")
    assert loaded(desk, "accounts.toml").code == 0
    assert desk.summary()["objects"] == {"Account": {"created": 1001}, "Contact": {"created": 1}}


def test_further_down_it_is_the_error_of_its_row(desk):
    rows = ['{"Name": "A"}'] * 1000 + [
        '{"Name": "B", "Contacts": [{"LastName": "C"}]}',
        '{"Name": "D", "Nonsense": [{"LastName": "C"}]}',
        '{"Name": "E", "Contacts": 3}',
    ]
    desk.write("accounts.jsonl", "\n".join(rows))
    desk.write("accounts.toml", ACCOUNTS)
    assert loaded(desk, "accounts.toml").code == 3
    told = {row["line"]: (row["error_code"], row["error_message"]) for row in desk.results() if row["state"] == "rejected_here"}
    assert told["1001"][0] == "UNKNOWN_COLUMN"
    assert "[mapping.children.Contacts]" in told["1001"][1]
    assert told["1002"][1].startswith("column 'Nonsense' is not a field of Account")
    assert told["1003"][0] == "UNKNOWN_COLUMN"


def test_a_record_that_says_it_is_something_else_is_the_error_of_its_row(desk):
    rows = ['{"attributes": {"type": "account"}, "Name": "A"}', '{"attributes": {"type": "Lead"}, "Name": "B"}', '{"Name": "C"}']
    desk.write("accounts.jsonl", "\n".join(rows))
    desk.write("accounts.toml", ACCOUNTS)
    assert loaded(desk, "accounts.toml").code == 3
    assert [(row["state"], row["error_code"]) for row in desk.results()] == [
        ("created", ""),
        ("rejected_here", "WRONG_TYPE"),
        ("created", ""),
    ]


def test_a_row_may_become_a_contact_or_a_lead_each_with_its_campaign_member(desk, campaign):
    desk.write(
        "webinar.csv",
        "First,Last,Email,Company,Came\n"
        "Ada,Lovelace,ada@example.org,,Responded\n"
        "Bob,Babbage,bob@example.org,Engines Ltd,Sent\n"
        "Cy,,cy@example.org,,Sent\n"
        "Dee,Dum,dee@example.org,Tea Inc,\n",
    )
    desk.write("webinar.toml", WEBINAR.replace("CAMPAIGN", campaign))
    assert loaded(desk, "webinar.toml").code == 3
    assert [(row["line"], row["object"], row["reference"], row["state"]) for row in desk.results()] == [
        ("2", "Contact", "r1_2", "created"),
        ("2", "CampaignMember", "r1_2_1", "created"),
        ("3", "Lead", "r1_3", "created"),
        ("3", "CampaignMember", "r1_3_1", "created"),
        ("4", "Contact", "r1_4", "rejected_by_org"),
        ("4", "CampaignMember", "r1_4_1", "rejected_by_org"),
        ("5", "Lead", "r1_5", "created"),
    ]
    held, ids = records(desk), {row["reference"]: row["id"] for row in desk.results()}
    assert held[ids["r1_2_1"]] | {"ContactId": ids["r1_2"], "CampaignId": campaign, "Status": "Responded"} == held[ids["r1_2_1"]]
    assert held[ids["r1_3_1"]] | {"LeadId": ids["r1_3"], "Status": "Sent"} == held[ids["r1_3_1"]]
    with (desk.folder / "reports/latest/rejected.csv").open(encoding="utf-8-sig") as file:
        assert [row["Email"] for row in csv.DictReader(file)] == ["cy@example.org"]


def test_a_family_larger_than_a_request_is_refused_with_its_line(desk):
    children = [{"LastName": f"C{number}"} for number in range(200)]
    desk.write("accounts.jsonl", orjson.dumps({"Name": "Large", "Contacts": children}))
    desk.write("accounts.toml", ACCOUNTS)
    assert loaded(desk, "accounts.toml").code == 3
    assert desk.results()[0]["error_code"] == "FAMILY_TOO_LARGE"
    assert desk.summary()["totals"] | {"rows": 1, "nested": 200, "rejected_here": 201} == desk.summary()["totals"]


def test_children_count_towards_the_size_of_a_request(desk):
    rows = [{"Name": f"A{at}", "Contacts": [{"LastName": "C"}] * (at % 40)} for at in range(60)]
    desk.write("accounts.jsonl", b"\n".join(map(orjson.dumps, rows)))
    desk.write("accounts.toml", ACCOUNTS + "[send]\nchunk_records = 50\n")
    assert loaded(desk, "accounts.toml").code == 0
    sizes = Counter(row["chunk"] for row in desk.results())
    assert max(sizes.values()) <= 50
    assert len({(row["chunk"], row["line"]) for row in desk.results()}) == 60, "no family is cut"


@pytest.mark.parametrize(("columns", "code"), [("ContactId,LeadId", "BOTH_GIVEN"), ("", "REQUIRED_FIELD_MISSING")])
def test_a_campaign_member_is_one_person(desk, campaign, columns, code):
    ids = ("003SM0000000001YAA,00QSM0000000001YAA",) if columns else ()
    desk.write("members.csv", "\n".join([",".join(filter(None, ("CampaignId", columns))), ",".join((campaign, *ids))]) + "\n")
    desk.write("members.toml", '[job]\nobject = "CampaignMember"\ninput = "members.csv"\n' + ORG)
    assert loaded(desk, "members.toml").code == 3
    assert [(row["state"], row["error_code"]) for row in desk.results()] == [("rejected_here", code)]
    assert "load" not in desk.summary()["calls"]


def test_a_member_made_of_a_row_under_its_contact_names_no_lead(desk, campaign):
    desk.write("webinar.csv", "First,Last,Lead,Came\nAda,Lovelace,00QSM0000000001YAA,Sent\n")
    desk.write(
        "webinar.toml",
        WEBINAR.split("\n[mapping.cases")[0].replace("CAMPAIGN", campaign).replace('"Came" =', '"Lead" = "LeadId", "Came" ='),
    )
    assert loaded(desk, "webinar.toml").code == 3
    assert desk.results()[0]["error_code"] == "BOTH_GIVEN"


def test_a_status_that_the_campaign_does_not_have_is_rejected_here_for_the_org_would_replace_it(desk, campaign):
    desk.write("webinar.csv", "First,Last,Came\nAda,Lovelace,responded\nBob,Babbage,Attended\n")
    desk.write("webinar.toml", WEBINAR.split("\n[mapping.cases")[0].replace("CAMPAIGN", campaign))
    assert loaded(desk, "webinar.toml").code == 3
    good, *_, bad, _ = desk.results()
    assert (good["state"], bad["error_code"]) == ("created", "INVALID_STATUS")
    assert "(Sent" in bad["error_message"]
    assert desk.summary()["calls"]["lookup"] == 1
