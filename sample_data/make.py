"""Make the sample files anew: `python sample_data/make.py [FOLDER]`, the same bytes each time and on every machine.

Prints where the deliberately bad rows stand, for README.md.
"""

import csv
import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs from anywhere, as a file

from sample_data.population import Population

HERE = Path(__file__).resolve().parent
PEOPLE = 3_000
LEADS = 1_000

EMPTY = {  # share of rows in which an optional column is empty
    "First Name": 0.06,
    "Email": 0.15,
    "Phone": 0.30,
    "Job Title": 0.35,
    "Department": 0.45,
    "Street": 0.28,
    "City": 0.15,
    "Postal Code": 0.25,
    "Country": 0.10,
    "Birthdate": 0.55,
    "Source": 0.35,
    "Notes": 0.62,
}
COLUMNS = ("Person Id", "First Name", "Last Name", *list(EMPTY)[1:])

LONG_FIRST_NAME = "Maria Anna Josepha Antonia Walburga Felicitas Regula"
LONG_LAST_NAME = "de Alcântara Francisco António João Carlos Xavier de Paula Miguel Rafael de Bragança e Habsburgo"

NOWHERE = {"Phone": "", "Job Title": "", "Street": "", "City": "", "Postal Code": "", "Country": "", "Notes": ""}

SPOILED_PEOPLE: dict[int, tuple[str, dict[str, str]]] = {  # row: what is wrong, the cells that make it so
    240: (
        "Email without @",
        NOWHERE | {"First Name": "Anna", "Last Name": "Lindqvist", "Email": "anna.at.example.org", "Country": "Sweden"},
    ),
    511: ("no Last Name", {"Last Name": ""}),
    760: ("Birthdate not yyyy-mm-dd", {"Birthdate": "31/12/1990"}),
    1290: ("Last Name of 96 characters", NOWHERE | {"First Name": "Luísa", "Last Name": LONG_LAST_NAME, "Email": ""}),
    1544: ("First Name of 52 characters", NOWHERE | {"First Name": LONG_FIRST_NAME, "Last Name": "von Thurn", "Email": ""}),
    1811: ("no Last Name, and Email without @", {"Last Name": "", "Email": "tomas.example.com"}),
    2075: ("Birthdate on no calendar", {"Birthdate": "1990-02-30"}),
    2333: (
        "Email with a space",
        NOWHERE | {"First Name": "Jean", "Last Name": "Dupont", "Email": "jean dupont@example.net", "Country": "France"},
    ),
    2590: ("no Last Name", {"Last Name": ""}),
    2888: ("the Person Id of row 37", {"Person Id": "P-00037"}),
}
ROW_WITH_TOO_MANY_CELLS = 1003
ROW_WITH_LATIN_1 = 1700
BLANK_LINE_BEFORE = (905, 2450)

SPOILED_LEADS: dict[int, tuple[str, dict[str, str | None]]] = {  # line: what is wrong, the values; None leaves the key out
    402: ("no LastName", {"LastName": None}),
    555: ("Email without @", {"Email": "sales(at)example.com"}),
    718: ("no Company", {"Company": None, "Industry": "Energy"}),
    934: ("City of 58 characters", {"City": "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"}),
}
REGISTRATIONS = 200
SPOILED_REGISTRATIONS: dict[int, tuple[str, dict[str, str]]] = {  # row: what is wrong, the cells that make it so
    31: ("no Last Name", {"Last Name": ""}),
    77: ("Email without @", {"Email": "kim(at)example.org"}),
    120: ("a webinar that no campaign is called", {"Webinar": "Sumer webinar"}),
    163: ("neither yes nor no", {"Attended": "perhaps"}),
}
WEBINARS = ("Summer webinar", "Autumn webinar")
ACCOUNTS = 60
SPOILED_ACCOUNTS: dict[int, tuple[str, dict[str, str]]] = {  # row: what is wrong, the cells that make it so
    25: ("no name", {"Company": ""}),
    40: ("the number of row 12", {"Customer No": "K-0012"}),
}
ACCOUNT_CONTACTS = 240
SPOILED_ACCOUNT_CONTACTS: dict[int, tuple[str, dict[str, str]]] = {
    50: ("Email without @", {"Customer": "K-0033", "Email": "office(at)example.org"}),
    95: ("a customer that is not there", {"Customer": "K-0099"}),
    150: ("no customer", {"Customer": ""}),
    200: ("a customer without the leading zero", {"Customer": "K-007"}),
}

LINE_WITH_BROKEN_JSON = 128
LINE_WITH_AN_ARRAY = 276


def contact(population: Population, number: int) -> dict[str, str]:
    """Invent a row of people.csv."""
    chance, person = population.chance, population.person()
    year, month, day = chance.number(1944, 2006), chance.number(1, 12), chance.number(1, 28)
    row = {
        "Person Id": f"P-{number:05d}",
        "First Name": person.first,
        "Last Name": person.last,
        "Email": person.email,
        "Phone": person.phone,
        "Job Title": person.title,
        "Department": chance.pick(population.departments),
        "Street": person.street,
        "City": person.city,
        "Postal Code": person.postal_code,
        "Country": person.region.country,
        "Birthdate": f"{year}-{month:02d}-{day:02d}",
        "Source": chance.pick(population.sources),
        "Notes": person.notes,
    }
    row |= {column: "" for column, share in EMPTY.items() if chance.hits(share)}
    return row if row["City"] else row | {"Street": "", "Postal Code": ""}


def lead(population: Population) -> dict[str, Any]:
    """Invent a line of leads.jsonl; what isn't known is left out."""
    chance, person = population.chance, population.person()
    employees = chance.pick((3, 12, 25, 80, 140, 350, 900, 2_500, 12_000))
    known: dict[str, Any] = {
        "FirstName": person.first,
        "Email": person.email,
        "Phone": person.phone,
        "Title": person.title,
        "Street": person.street,
        "City": person.city,
        "PostalCode": person.postal_code,
        "Country": person.region.country,
        "Industry": chance.pick(population.industries),
        "LeadSource": chance.pick(population.sources),
        "NumberOfEmployees": employees,
        "AnnualRevenue": chance.pick((employees * 85_000, employees * 61_250.5)),
        "IsUnreadByOwner": chance.hits(0.5),
        "Description": person.notes,
    }
    company = chance.pick(person.region.companies).format(person.last)
    return {"LastName": person.last, "Company": company} | {key: known[key] for key in known if chance.hits(0.72)}


def people_csv(population: Population) -> Iterator[tuple[bytes, str]]:
    """Write each row of people.csv, with what was spoiled in it."""
    yield _csv_line(COLUMNS), ""
    for number in range(1, PEOPLE + 1):
        row = contact(population, number)
        if number in BLANK_LINE_BEFORE:
            yield b"\n", "blank"
        if number == ROW_WITH_TOO_MANY_CELLS:
            yield _csv_line((*(row | {"Notes": "Prefers e-mail"}).values(), " not the phone")), "too many cells"
        elif number == ROW_WITH_LATIN_1:
            line = _csv_line((row | NOWHERE | {"First Name": "Jürgen", "Last Name": "Hoffmann", "Email": ""}).values())
            yield line.replace("ü".encode(), "ü".encode("latin-1"), 1), "not UTF-8"
        else:
            wrong, cells = SPOILED_PEOPLE.get(number, ("", {}))
            yield _csv_line((row | cells).values()), wrong


def _csv_line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


def webinar_csv(population: Population) -> Iterator[tuple[bytes, str]]:
    """Write each row of webinar.csv, with what was spoiled in it: customers have a number, others a company."""
    columns = ("First Name", "Last Name", "Email", "Customer No", "Company", "Webinar", "Attended")
    yield _csv_line(columns), ""
    chance = population.chance
    for number in range(1, REGISTRATIONS + 1):
        person, customer = population.person(), chance.hits(0.4)
        cells = (
            person.first,
            person.last,
            f"guest{number}@example.com",
            f"C-{number:04d}" if customer else "",
            "" if customer else chance.pick(person.region.companies).format(person.last),
            chance.pick(WEBINARS),
            "yes" if chance.hits(0.6) else "no",
        )
        wrong, spoiled = SPOILED_REGISTRATIONS.get(number, ("", {}))
        yield _csv_line((dict(zip(columns, cells, strict=True)) | spoiled).values()), wrong


def accounts_csv(population: Population) -> Iterator[tuple[bytes, str]]:
    """Write each row of accounts.csv, with what was spoiled in it."""
    columns = ("Customer No", "Company", "Phone", "Industry", "BillingCity")
    yield _csv_line(columns), ""
    chance = population.chance
    for number in range(1, ACCOUNTS + 1):
        person = population.person()
        company = chance.pick(person.region.companies).format(person.last)
        cells = (f"K-{number:04d}", company, person.phone, chance.pick(population.industries), person.city)
        wrong, spoiled = SPOILED_ACCOUNTS.get(number, ("", {}))
        yield _csv_line((dict(zip(columns, cells, strict=True)) | spoiled).values()), wrong


def account_contacts_csv(population: Population) -> Iterator[tuple[bytes, str]]:
    """Write each row of account_contacts.csv, of people at these accounts in no order, with what was spoiled in it."""
    columns = ("Customer", "First Name", "Last Name", "Email", "Title")
    yield _csv_line(columns), ""
    chance = population.chance
    for number in range(1, ACCOUNT_CONTACTS + 1):
        person, account = population.person(), chance.number(1, ACCOUNTS)
        account += account in {25, 40}  # those whose rows are spoiled have no contacts by chance
        cells = (f"K-{account:04d}", person.first, person.last, f"staff{number}@example.com", person.title)
        wrong, spoiled = SPOILED_ACCOUNT_CONTACTS.get(number, ("", {}))
        yield _csv_line((dict(zip(columns, cells, strict=True)) | spoiled).values()), wrong


def campaigns_jsonl() -> Iterator[tuple[bytes, str]]:
    """Write the campaigns of the webinars."""
    for name in WEBINARS:
        yield orjson.dumps({"Name": name, "Type": "Webinar", "Status": "Completed", "IsActive": True}) + b"\n", ""


def leads_jsonl(population: Population) -> Iterator[tuple[bytes, str]]:
    """Write each line of leads.jsonl, with what was spoiled in it."""
    for number in range(1, LEADS + 1):
        values = lead(population)
        if number == LINE_WITH_BROKEN_JSON:
            yield orjson.dumps(values).decode()[:-9].encode() + b"\n", "broken JSON"
        elif number == LINE_WITH_AN_ARRAY:
            yield orjson.dumps(list(values.values())) + b"\n", "an array"
        else:
            wrong, instead = SPOILED_LEADS.get(number, ("", {}))
            kept = {key: value for key, value in (values | instead).items() if value is not None}
            yield orjson.dumps(kept) + b"\n", wrong


def write(path: Path, lines: Iterator[tuple[bytes, str]]) -> None:
    """Write a file and print the physical lines at which spoiled rows start."""
    at = 1
    with path.open("wb") as file:
        for line, spoiled in lines:
            file.write(line)
            if spoiled:
                print(f"{path.name}:{at}: {spoiled}")
            at += line.count(b"\n")


def main() -> None:
    """Write the files into the folder named, or beside this file."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    write(folder / "people.csv", people_csv(Population(1990)))
    write(folder / "leads.jsonl", leads_jsonl(Population(2024)))
    write(folder / "webinar.csv", webinar_csv(Population(2026)))
    write(folder / "campaigns.jsonl", campaigns_jsonl())
    write(folder / "accounts.csv", accounts_csv(Population(2027)))
    write(folder / "account_contacts.csv", account_contacts_csv(Population(2028)))


if __name__ == "__main__":
    main()
