"""Contacts to load: any number of them, the same each time, as CSV or JSON Lines.

Ten fields, names and places in many scripts. A fifth of the CSV rows hold a cell that needs quotes, one in a hundred a line end.
The first rows of a large file are the rows of a small one.
"""

import csv
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import orjson

FIELDS = (
    *("Import_Key__c", "FirstName", "LastName", "Email", "Phone"),
    *("MailingCity", "MailingCountry", "Title", "Birthdate", "Description"),
)

_GIVEN = (
    *("Anna", "James", "Zoë", "Søren", "Łucja", "Nguyệt", "Þórdís", "Ольга", "Γιώργος", "محمد", "תמר", "नेहा", "สมชาย", "さくら"),
    *("伟", "Mary", "Robert", "Chloé", "Jürgen", "Linda", "David", "Susan", "Karen", "William", "Inês", "Ayşe", "지우", "Ірина"),
)
_FAMILY = (
    *("Smith", "O'Brien", "Müller", "García", "Øster", "Kowalczyk", "Trần", "Jónsdóttir", "Шевченко", "Παπαδόπουλος", "حداد"),
    *("כהן", "शर्मा", "ใจดี", "佐藤", "王", "김", "Johnson", "de la Cruz", "Van der Berg", "MacDonald", "Lindqvist", "Çelik"),
)
_PLACES = (
    *(("Berlin", "Germany"), ("São Paulo", "Brazil"), ("København", "Denmark"), ("Kraków", "Poland"), ("Αθήνα", "Greece")),
    *(("東京", "Japan"), ("Київ", "Ukraine"), ("القاهرة", "Egypt"), ("मुंबई", "India"), ("서울", "South Korea")),
    *(("San Francisco", "United States"), ("Montréal", "Canada"), ("Manchester", "United Kingdom"), ("Paris", "France")),
)
_TITLES = (
    *("Office Manager", "Account Executive", "Software Engineer", "Directeur général", "Head of R&D", "Data Analyst"),
    *("Geschäftsführerin", "Senior Consultant", "VP, Sales", 'Chief "Fixer"'),
)
_PHRASES = (
    *("met at the trade fair", "asked for a quote", "prefers e-mail", "renewal next quarter", "déjà vu at the café"),
    *("wants a demo", "budget approved", "decision in spring", "señor buyer", "über the limit", "call back on Monday"),
)
_SEED = 2_026


def contacts(rows: int) -> Iterator[tuple[str, ...]]:
    """Make contacts, their cells in the order of FIELDS."""
    throw = random.Random(_SEED).random
    descriptions = [" ".join(random.Random(number).sample(_PHRASES, 3)) for number in range(997)]
    for number in range(1, rows + 1):
        city, country = _PLACES[int(throw() * len(_PLACES))]
        description = descriptions[int(throw() * len(descriptions))]
        yield (
            f"IMP-{number:09d}",
            _GIVEN[int(throw() * len(_GIVEN))],
            _FAMILY[int(throw() * len(_FAMILY))],
            f"person{number}@example.org",
            f"+{1 + number % 60} {200 + number % 700} 555 {number % 10_000:04d}",
            city,
            country,
            _TITLES[int(throw() * len(_TITLES))],
            f"{1940 + number % 65}-{1 + number % 12:02d}-{1 + number % 28:02d}",
            description.replace(" ", "\n", 1) if throw() < 0.01 else description,
        )


def write(path: Path, rows: int) -> None:
    """Write a file of contacts, in the format that its ending says."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as text:
            cells = csv.writer(text, lineterminator="\n")
            cells.writerow(FIELDS)
            cells.writerows(contacts(rows))
    else:
        lines = (orjson.dumps(dict(zip(FIELDS, row, strict=True))) + b"\n" for row in contacts(rows))
        with path.open("wb") as file:
            while block := list(islice(lines, 1_000)):
                file.writelines(block)
