"""What is loaded on a bad day, drawn by lot: rows that are a record each, that have records nested in them, or that make two."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import orjson

from pipeline.simulator.ledger import Entry

KEYS = {"marker": 'marker = "Import_Key__c"', "key": 'key = "Import_Key__c"', "values": ""}
"""By the way of evidence: the mapping's line."""
CAMPAIGN = "701SM0000000001YAA"
WITH_CAMPAIGN: Mapping[str, Any] = {
    "time": "2026-01-01T00:00:00.000Z",
    "request": 1,
    "path": "/services/data/v67.0/composite/tree/Campaign",
    "records": [{"object": "Campaign", "id": CAMPAIGN, "referenceId": None, "fields": {"Name": "Webinar", "IsActive": True}}],
}
"""What the org was told on a better day: a line of its ledger."""


@dataclass(frozen=True)
class Load:
    """A file, and how its rows become records."""

    name: str
    text: str
    kin: Mapping[int, int]
    """The lines of its rows, and how many records each makes beside its own."""
    object: str
    mapping: str
    in_parts: bool = False
    """Families that are larger than a request go in parts."""
    route: str = "tree"

    def reference(self, entry: Entry) -> str | None:
        """Name the row that a record in the org comes from; where none was sent with it, a column of its own tells."""
        if self.route == "tree":
            return entry.referenceId
        keys = [entry.fields[name] for name in ("Department", "Import_Key__c") if str(entry.fields.get(name)).startswith("K")]
        return f"r1_{int(keys[0][1:]) + 2}"


def people(evidence: str, lines: int, dice: Random) -> Load:
    """Draw contacts, a row each: some are refused by name, some make their request fail without one, some can't be read."""
    share, column = dice.choice([0, 0.01, 0.05]), "Import_Key__c" if evidence == "key" else "Department"
    text = [f"{column},LastName,Email,Title\n"]
    for number in range(lines):
        name = f"Person {number if dice.random() > 0.02 else 1}"  # some people come twice
        email, title = f"p{number}@example.org", "x"
        if dice.random() < share:
            email, title = dice.choice(
                [("nobody", "x"), (email, "poison"), (email, "rule"), (email, "rule"), (email, "x,too many")]
            )
        text.append(f"K{number},{name},{email},{title}\n")
    return Load("people.csv", "".join(text), dict.fromkeys(range(2, lines + 2), 0), "Contact", f"[mapping]\n{KEYS[evidence]}\n")


def families(evidence: str, lines: int, dice: Random) -> Load:
    """Draw accounts with what hangs under them, three levels of it; some of that is alike, and some whole families are."""
    share, twins = dice.choice([0, 0.01, 0.05]), dice.choice([0, 0.02])
    text, kin = [], {}
    for line in range(1, lines + 1):
        number = line if dice.random() >= twins else 1
        row, kin[line] = _account(str(number), Random(f"{evidence} {number}"))
        if evidence == "key":
            row["Import_Key__c"] = f"K{line}"
        whole = orjson.dumps(_spoilt(row, dice) if dice.random() < share else row)
        text.append(whole[:-5] if dice.random() < share / 5 else whole)
    mapping = f"[mapping]\n{KEYS[evidence]}\n"
    if evidence == "marker" and dice.random() < 0.5:  # otherwise only the first records have a mark
        mapping += '[mapping.children.Contacts]\nmarker = "Import_Key__c"\n'
    return Load("accounts.jsonl", b"\n".join(text).decode(), kin, "Account", mapping)


def parts(evidence: str, lines: int, dice: Random) -> Load:
    """Draw fewer families, some with up to 120 further contacts, some of these with cases; all of them may go in parts."""
    drawn = families(evidence, lines // 12, dice)
    rows, kin = [], {**drawn.kin}
    for line, text in enumerate(drawn.text.split("\n"), start=1):
        many = dice.choice([0, 0, 5, 30, 120])
        more = [{"LastName": f"Guest {line}.{at}"} | _ill(dice) | _cases(f"{line}.{at}", dice) for at in range(many)]
        if not text.endswith("}") or '"Contacts":{"records"' in text or not more:
            rows.append(text)
            continue
        rows.append(f'{text[:-1]},"Contacts":{orjson.dumps(more).decode()}}}')
        kin[line] += sum(1 + len(guest.get("Cases", ())) for guest in more)
    names = ("Contacts", "Contacts.children.Cases", "Opportunities", "ChildAccounts", "ChildAccounts.children.Contacts")
    marks = [f"[mapping.children.{name}]\n{KEYS[evidence]}\n" for name in names]
    mapping = f"[mapping]\n{KEYS[evidence]}\n" + 'large_families = "split"\n' + "".join(marks)
    return Load(drawn.name, "\n".join(rows), kin, drawn.object, mapping, in_parts=True)


def _cases(name: str, dice: Random) -> dict[str, Any]:
    cases = [{"Subject": f"Case {name}.{at}"} for at in range(dice.choice([0] * 20 + [1, 2, 30]))]
    return {"Cases": cases} if cases else {}


def _ill(dice: Random) -> dict[str, Any]:
    return dice.choice([{}] * 150 + [{"Email": "nobody"}, {"Title": "poison"}, {"Title": "rule"}])


def _account(name: str, dice: Random) -> tuple[dict[str, Any], int]:
    """Draw a family; tell how many records it has beside the first."""
    people = [{"LastName": f"Person {name}.{at // 2}", "Title": "Twin"} for at in range(dice.choice([0, 0, 1, 2, 4]))]
    deals = [{"Name": f"Deal {name}", "StageName": "Prospecting", "CloseDate": "2027-01-31"}] * dice.choice([0, 0, 1, 2])
    below = [
        {"Name": f"Branch {name}", "Contacts": [{"LastName": f"Clerk {name}"}] * at} for at in range(dice.choice([0, 0, 1, 3]))
    ]
    row: dict[str, Any] = {"Name": f"Account {name}"}
    row |= {"Contacts": {"records": people}} if people else {}
    row |= {"Opportunities": deals} if deals else {}
    row |= {"ChildAccounts": below} if below else {}
    return row, len(people) + len(deals) + len(below) + sum(len(one["Contacts"]) for one in below)


def _spoilt(row: dict[str, Any], dice: Random) -> dict[str, Any]:
    """Let something be wrong with a record of a family; in one without contacts with the first."""
    people = (row.get("Contacts") or {}).get("records") or (row.get("ChildAccounts") or [{}])[-1].get("Contacts")
    if not people:
        return row | {"NumberOfEmployees": 10**9}
    wrong = dice.choice([{"Email": "nobody"}, {"Title": "poison"}, {"Title": "rule"}])
    at = dice.randrange(len(people))
    spoilt = [person | wrong if at == number else person for number, person in enumerate(people)]
    if "Contacts" in row:
        return row | {"Contacts": {"records": spoilt}}
    return row | {"ChildAccounts": [*row["ChildAccounts"][:-1], row["ChildAccounts"][-1] | {"Contacts": spoilt}]}


def registrations(evidence: str, lines: int, dice: Random) -> Load:
    """Draw flat rows of a webinar: each makes a contact, or a lead, and what that is in the campaign."""
    share = dice.choice([0, 0.01, 0.05])
    text, kin = ["Key,Last,Mail,Company,Came,Title\n"], {}
    for line in range(2, lines + 2):
        company, came = dice.choice(["", "Engines Ltd"]), dice.choice(["Sent", "Responded", ""])
        mail, title = f"p{line}@example.org", "x"
        if dice.random() < share:
            mail, title = dice.choice([("nobody", "x"), (mail, "poison"), (mail, "rule"), (mail, "x,too many")])
        text.append(f"K{line},Person {line},{mail},{company},{came},{title}\n")
        kin[line] = int(bool(came))
    columns = '"Last" = "LastName"\n"Mail" = "Email"\n' + ('"Key" = "Import_Key__c"\n' if evidence == "key" else "")
    member = f"""
of_row = true
columns = {{ "Came" = "Status" }}
constants = {{ CampaignId = "{CAMPAIGN}" }}
when = {{ column = "Came", filled = true }}
"""
    mapping = f"""
[mapping]
{KEYS[evidence]}
ignore = [{"" if evidence == "key" else '"Key"'}]
[mapping.columns]
{columns}
[mapping.children.CampaignMembers]
{member}
[mapping.cases.Lead]
when = {{ column = "Company", filled = true }}
{KEYS[evidence]}
[mapping.cases.Lead.children.CampaignMembers]
{member}"""
    return Load("webinar.csv", "".join(text), kin, "Contact", mapping)


def collections(evidence: str, lines: int, dice: Random) -> Load:
    """Draw contacts for an endpoint where each fares by itself."""
    return replace(people(evidence, lines, dice), route="collections")


def single(evidence: str, lines: int, dice: Random) -> Load:
    """Draw contacts for an endpoint that takes one at a time."""
    return replace(people(evidence, lines // 4, dice), route="single")


def bulk(evidence: str, lines: int, dice: Random) -> Load:
    """Draw contacts for jobs of their own."""
    return replace(people(evidence, lines // 2, dice), route="bulk")


SHAPES: Mapping[str, Callable[[str, int, Random], Load]] = {
    "": people,
    "families": families,
    "registrations": registrations,
    "parts": parts,
    "collections": collections,
    "single": single,
    "bulk": bulk,
}
WAYS = tuple(
    f"{shape} by {evidence}" if shape else evidence
    for shape in SHAPES
    for evidence in KEYS
    if (shape, evidence) != ("parts", "key")  # only rows' own records have one
)
"""What is loaded, and by what evidence it is found: `marker`, `families by key`."""


def load(way: str, dice: Random) -> Load:
    """Draw what is loaded."""
    shape, _, evidence = way.rpartition(" by ")
    return SHAPES[shape](evidence, dice.randint(80, 400), dice)
