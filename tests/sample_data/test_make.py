import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import orjson
import pytest

FIELDS = {
    "First Name": "FirstName",
    "Last Name": "LastName",
    "Email": "Email",
    "Phone": "Phone",
    "Job Title": "Title",
    "Department": "Department",
    "Street": "MailingStreet",
    "City": "MailingCity",
    "Postal Code": "MailingPostalCode",
    "Country": "MailingCountry",
    "Notes": "Description",
}
NOT_UTF_8 = re.compile("[\udc80-\udcff]")
EMAIL = re.compile(r"[a-z0-9._]+@example\.(org|com|net)")


@pytest.mark.parametrize("name", ["people.csv", "leads.jsonl", "webinar.csv", "campaigns.jsonl"])
def test_the_files_are_what_make_makes(folder: Path, made: Path, name: str):
    assert (made / name).read_bytes() == (folder / name).read_bytes()


@pytest.fixture(scope="module")
def made(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("made")
    subprocess.run([sys.executable, folder / "make.py", into], check=True, capture_output=True, cwd=into)
    return into


def test_the_readme_names_every_bad_row_of_people_and_no_other(
    people: list[tuple[int, list[str]]], lengths: dict[str, dict[str, int]], named_lines: dict[str, list[int]]
):
    header, *rows = (cells for _, cells in people)
    seen: set[str] = set()
    bad = []
    for (line, _), cells in zip(people[1:], rows, strict=True):
        if cells and (_flawed(header, cells, lengths["Contact"]) or cells[0] in seen):
            bad.append(line)
        seen |= set(cells[:1])
    assert bad == named_lines["people.csv"]
    assert len(bad) == 12


def _flawed(header: Sequence[str], cells: Sequence[str], lengths: dict[str, int]) -> bool:
    if len(cells) != len(header) or NOT_UTF_8.search("".join(cells)):
        return True
    row = dict(zip(header, cells, strict=True))
    if not row["Last Name"] or (row["Email"] and not EMAIL.fullmatch(row["Email"])):
        return True
    return not _is_date(row["Birthdate"]) or any(len(row[column]) > lengths[field] for column, field in FIELDS.items())


def _is_date(cell: str) -> bool:
    try:
        return not cell or date.fromisoformat(cell).isoformat() == cell
    except ValueError:
        return False


def test_the_readme_names_every_bad_lead_and_no_other(
    leads: list[bytes], lengths: dict[str, dict[str, int]], named_lines: dict[str, list[int]]
):
    bad = [number for number, line in enumerate(leads, 1) if _flawed_lead(line, lengths["Lead"])]
    assert bad == named_lines["leads.jsonl"]
    assert len(bad) == 6


def _flawed_lead(line: bytes, lengths: dict[str, int]) -> bool:
    try:
        lead = orjson.loads(line)
    except orjson.JSONDecodeError:
        return True
    return (
        not isinstance(lead, dict)
        or not lead.get("LastName")
        or not lead.get("Company")
        or not EMAIL.fullmatch(lead.get("Email", "a@example.org"))
        or any(isinstance(value, str) and len(value) > lengths[field] for field, value in lead.items())
    )


def test_people_are_three_thousand_rows_and_two_blank_lines(people: list[tuple[int, list[str]]]):
    rows = [cells for _, cells in people[1:]]
    assert (len([cells for cells in rows if cells]), rows.count([])) == (3_000, 2)


def test_about_a_third_of_the_optional_cells_are_empty(people: list[tuple[int, list[str]]]):
    cells = [cell for _, row in people[1:] for column, cell in enumerate(row) if column not in {0, 2}]
    assert 0.28 < cells.count("") / len(cells) < 0.38


@pytest.mark.parametrize(
    "letters",
    ["ąćęłńśź", "іїєґ", "αβγδ", "محمد", "אבגד", "कखगन", "กขคง", "さくら", "髙﨑", "王张刘陈", "林謝黃", "민지서", "ễầựị"],
)
def test_people_write_their_names_in_many_scripts(people: list[tuple[int, list[str]]], letters: str):
    assert any(set(letters) & set("".join(row[1:3])) for _, row in people)


def test_notes_and_streets_hold_what_csv_must_quote(people: list[tuple[int, list[str]]]):
    streets, notes = zip(*((row[7], row[13]) for _, row in people if row), strict=True)
    assert all(any(mark in cell for cell in streets) for mark in ",\n")
    assert all(any(mark in cell for cell in notes) for mark in ',"\n')


def test_phone_numbers_are_international(people: list[tuple[int, list[str]]]):
    assert all(re.fullmatch(r"\+[1-9][\d -]+", row[4]) for _, row in people[1:] if row and row[4])


def test_no_two_good_people_share_an_email_address(people: list[tuple[int, list[str]]]):
    addresses = [row[3] for _, row in people[1:] if row and row[3]]
    assert len(addresses) == len(set(addresses))
