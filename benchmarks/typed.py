"""Rows of ten typed fields, each of which a check has something to say about, and the describe of their object."""

import csv
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from pipeline.model.record_id import to_18

OBJECT = "Membership__c"
LEVELS = ("Bronze", "Silver", "Gold", "Platinum")
TOPICS = ("Analytics", "Billing", "Mobile", "Security", "Service", "Training")
FIELDS: dict[str, dict[str, Any]] = {
    "Name": {"type": "string", "length": 80, "nillable": False},
    "Email__c": {"type": "email", "length": 80},
    "Born__c": {"type": "date"},
    "Joined__c": {"type": "datetime"},
    "Active__c": {"type": "boolean", "nillable": False, "defaultedOnCreate": True},
    "Visits__c": {"type": "int", "digits": 8},
    "Fee__c": {"type": "currency", "precision": 18, "scale": 2},
    "Level__c": {"type": "picklist", "length": 255, "restrictedPicklist": True, "picklistValues": LEVELS},
    "Topics__c": {"type": "multipicklist", "length": 4_099, "restrictedPicklist": True, "picklistValues": TOPICS},
    "Contact__c": {"type": "reference", "length": 18, "referenceTo": ["Contact"]},
}
"""What each field has beyond the ordinary, in the words of the describe."""

_ORDINARY = {
    "length": 0,
    "createable": True,
    "nillable": True,
    "defaultedOnCreate": False,
    "restrictedPicklist": False,
    "referenceTo": [],
    "unique": False,
    "externalId": False,
    "digits": 0,
    "precision": 0,
    "scale": 0,
    "htmlFormatted": False,
}
_SEED = 2_026
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def describe() -> bytes:
    """Describe the object, as an org would as far as a check looks at it."""
    fields = [
        {**_ORDINARY, "name": name, "label": name.removesuffix("__c"), **field, "picklistValues": _choices(field)}
        for name, field in FIELDS.items()
    ]
    return orjson.dumps(
        {
            "name": OBJECT,
            "label": "Membership",
            "keyPrefix": "a0M",
            "createable": True,
            "fields": fields,
            "childRelationships": [],
        }
    )


def _choices(field: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"value": value, "active": True} for value in field.get("picklistValues", ())]


def memberships(rows: int) -> Iterator[Sequence[str]]:
    """Make rows without a fault, their cells in the order of FIELDS; no two contacts are the same."""
    dice = random.Random(_SEED)
    for number in range(1, rows + 1):
        yield (
            f"Membership of person {number}",
            f"person{number}@example.org",
            f"{1940 + number % 65}-{1 + number % 12:02d}-{1 + number % 28:02d}",
            f"{2010 + number % 15}-{1 + number % 12:02d}-{1 + number % 28:02d}T{number % 24:02d}:{number % 60:02d}:00Z",
            ("true", "false")[number % 2],
            str(dice.randrange(10_000)),
            f"{dice.randrange(500_000) / 100:.2f}",
            dice.choice(LEVELS),
            ";".join(dice.sample(TOPICS, 1 + number % 3)),
            to_18("003" + "".join(dice.choices(_LETTERS, k=12))),
        )


def write(path: Path, rows: int) -> None:
    """Write a CSV file of them."""
    with path.open("w", encoding="utf-8", newline="") as text:
        cells = csv.writer(text, lineterminator="\n")
        cells.writerow(FIELDS)
        cells.writerows(memberships(rows))
