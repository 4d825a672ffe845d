"""Which field a column's name means, for a first draft that a person then looks through. No run maps by these guesses."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.mapping.columns import OURS
from pipeline.mapping.fields import nearest
from pipeline.mapping.synonyms import FIELDS
from pipeline.model.describe import Describe


@dataclass(frozen=True, slots=True)
class Match:
    """What was made of a column's name."""

    column: str
    field: str
    """Empty if there is none."""
    why: str
    """How the field was found, or why there is none."""
    nested: bool = False
    """It holds records that hang under this one, which are loaded by a mapping of their own."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How columns and an object go together."""

    describe: Describe
    matches: Sequence[Match]

    @property
    def mapped(self) -> int:
        """Columns that have a field."""
        return sum(bool(match.field) for match in self.matches)

    @property
    def missing(self) -> list[str]:
        """Fields that the org requires, and no column gives."""
        given = {match.field for match in self.matches}
        return [field.name for field in self.describe.fields.values() if field.required and field.name not in given]

    @property
    def score(self) -> int:
        """How well they fit: a field that is required and not given weighs as much as one that is."""
        return self.mapped - len(self.missing)


def plain(word: str) -> str:
    """Leave of a name what people agree on: no case, blanks, marks or accents, no `__c`. `Prénom` is `prenom`."""
    decomposed = unicodedata.normalize("NFKD", word.casefold().removesuffix("__c"))
    return "".join(letter for letter in decomposed if letter.isalnum())


def fit(columns: Iterable[str], describe: Describe) -> Fit:
    """Find a field for each column; of several columns for one field the surest has it, or else the first."""
    wanted = [column for column in columns if not column.startswith(OURS)]
    found = {column: _find(column, describe) for column in wanted}
    holders: dict[str, str] = {}
    for column in sorted(wanted, key=lambda column: found[column][0]):
        if field := found[column][1]:
            holders.setdefault(field, column)
    return Fit(describe, [_match(column, found[column], holders, describe) for column in wanted])


def _find(column: str, describe: Describe) -> tuple[int, str, str]:
    """Return how unsure a guess is, the field, and how it was found."""
    own, word = describe.field(column), plain(column)
    creatable = [field for field in describe.fields.values() if field.createable]
    if own is not None and own.createable:
        return 0, own.name, "by its name"
    for rank, how, names in (
        (1, "by its name", {plain(field.name): field.name for field in reversed(creatable)}),
        (2, "by its label", {plain(field.label): field.name for field in reversed(creatable)}),
    ):
        if word in names:
            return rank, names[word], how
    for meant in FIELDS.get(word, ()):
        if (field := describe.field(meant)) and field.createable:
            return 3, field.name, "by a usual word for it"
    return 4, "", _why_not(column, describe)


def _why_not(column: str, describe: Describe) -> str:
    word = plain(column)
    for field in describe.fields.values():
        if not field.createable and word and word in {plain(field.name), plain(field.label)}:
            return f"{field.name} can't be set on create"
    near = nearest(re.sub(r"\d+$", "", column).strip(), describe)
    return f"no field is called so; nearest: {', '.join(near)}" if near else "no field is called so"


def _match(column: str, found: tuple[int, str, str], holders: dict[str, str], describe: Describe) -> Match:
    _, field, why = found
    if field and holders[field] != column:
        return Match(column, "", f"looks like {field}, which column {holders[field]!r} gives; {_others(column, describe, field)}")
    return Match(column, field, why)


def _others(column: str, describe: Describe, taken: str) -> str:
    near = [name for name in nearest(re.sub(r"\d+$", "", column).strip(), describe) if name != taken]
    return f"nearest others: {', '.join(near)}" if near else "no other field is near"
