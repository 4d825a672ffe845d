"""Invented people who fit where they live: names, addresses and words from `lists.toml`, chosen by seeded throws."""

import random
import tomllib
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

LISTS = Path(__file__).with_name("lists.toml")
T = TypeVar("T")

DOMAINS = ("example.org", "example.com", "example.net")
LETTERS = str.maketrans({"ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "đ": "d", "\u0131": "i"})


class Chance:
    """Seeded throws. Only `random()` itself is promised to stay the same in future Pythons, so all else is made from it."""

    def __init__(self, seed: int) -> None:
        self._throw = random.Random(seed).random

    def hits(self, share: float) -> bool:
        """Say yes in that share of cases."""
        return self._throw() < share

    def number(self, low: int, high: int) -> int:
        """Choose a whole number, both ends included."""
        return low + int(self._throw() * (high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        """Choose one."""
        return items[int(self._throw() * len(items))]

    def fill(self, pattern: str) -> str:
        """Put a digit for each # and a letter for each @."""
        made = (str(self.number(0, 9)) if c == "#" else self.pick("ABDEFHNPRTVXY") if c == "@" else c for c in pattern)
        return "".join(made)


class Name(NamedTuple):
    """A name as its owner writes it, and in the letters of e-mail addresses."""

    written: str
    latin: str


class Region(NamedTuple):
    """A country: its names, its addresses, its ways to put things."""

    country: str
    given: tuple[Sequence[Name], Sequence[Name]]
    family: tuple[Sequence[Name], Sequence[Name]]
    cities: Sequence[tuple[str, str, str]]
    phone: str
    streets: Sequence[str]
    street: Sequence[str]
    titles: tuple[Sequence[str], Sequence[str]]
    notes: Sequence[str]
    companies: Sequence[str]


class Person(NamedTuple):
    """What contacts and leads have in common."""

    region: Region
    first: str
    last: str
    email: str
    phone: str
    title: str
    street: str
    city: str
    postal_code: str
    notes: str


class Population:
    """Invents one person after another, no two with the same e-mail address."""

    def __init__(self, seed: int) -> None:
        self.chance = Chance(seed)
        lists = tomllib.loads(LISTS.read_text(encoding="utf-8"))
        self.departments: list[str] = lists["departments"].split("|")
        self.sources: list[str] = lists["sources"].split("|")
        self.industries: list[str] = lists["industries"].split("|")
        self._regions = [region for table in lists["regions"] for region in [_region(table)] * table["weight"]]
        self._addresses: set[str] = set()

    def person(self) -> Person:
        """Invent someone who fits where they live."""
        chance, region = self.chance, self.chance.pick(self._regions)
        sex = chance.number(0, 1)
        first, last = chance.pick(region.given[sex]), chance.pick(region.family[sex])
        city, area, postal_code = chance.pick(region.cities)
        street = chance.pick(region.street).format(street=chance.pick(region.streets), n=chance.number(1, 180))
        return Person(
            region=region,
            first=first.written,
            last=last.written,
            email=self._address(first.latin, last.latin),
            phone=chance.fill(region.phone.format(area=area)),
            title=chance.pick(region.titles[sex]),
            street=f"c/o {last.written}\n{street}" if chance.hits(0.04) else street,
            city=city,
            postal_code=chance.fill(postal_code),
            notes=self._notes(region),
        )

    def _address(self, first: str, last: str) -> str:
        chance = self.chance
        name = chance.pick((f"{first}.{last}", f"{first[0]}.{last}", f"{first}_{last}", f"{last}.{first}"))
        domain, more, address = chance.pick(DOMAINS), 1, ""
        while not address or address in self._addresses:
            address = f"{name}{more if more > 1 else ''}@{domain}"
            more += 1
        self._addresses.add(address)
        return address

    def _notes(self, region: Region) -> str:
        said = dict.fromkeys(self.chance.pick(region.notes) for _ in range(self.chance.number(1, 3)))
        return self.chance.pick(("\n", ". ", "; ")).join(said)


def _region(table: dict[str, Any]) -> Region:
    both = table.get("surnames", "")
    titles = [title.partition("/") for title in table["titles"].split("|")]
    return Region(
        country=table["country"],
        given=(_names(table["women"]), _names(table["men"])),
        family=(_names(table.get("surnames_women", both)), _names(table.get("surnames_men", both))),
        cities=[(city, area, postal_code) for city, area, postal_code in table["cities"]],
        phone=table["phone"],
        streets=table["streets"].split(", "),
        street=table["street"].split("|"),
        titles=([woman or man for man, _, woman in titles], [man for man, _, _ in titles]),
        notes=table["notes"].split("|"),
        companies=table["companies"].split(", "),
    )


def _names(listed: str) -> list[Name]:
    parted = (entry.partition("/") for entry in listed.split(", "))
    return [Name(written, _ascii(latin or written)) for written, _, latin in parted]


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower().translate(LETTERS))
    return "".join(c for c in plain if c.isascii() and c.isalpha())
