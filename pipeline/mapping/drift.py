"""What has changed between two describes of an object, as far as it matters to those who create records."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from pipeline.mapping.rules import MappingRules
from pipeline.model.describe import Describe, Field


@dataclass(frozen=True, slots=True)
class Change:
    """What one field had before and has now. `before` and `after` are words; of a list only what went and what came."""

    field: str
    what: str
    """`field` (it is new, or gone), `type`, `length`, `required` ..."""
    before: str
    after: str
    demands: bool = False
    """The org requires it now and did not before: each job that doesn't give it fails."""


def _yes(value: object) -> str:
    return "yes" if value else "no"


_ASPECTS: Mapping[str, tuple[Callable[[Field], object], Callable[[object], str]]] = {
    "type": (lambda field: field.type, str),
    "length": (lambda field: field.length, str),
    "digits": (lambda field: field.digits, str),
    "precision": (lambda field: field.precision, str),
    "scale": (lambda field: field.scale, str),
    "can be set on create": (lambda field: field.createable, _yes),
    "required": (lambda field: field.required, _yes),
    "unique": (lambda field: field.unique, _yes),
    "external id": (lambda field: field.external_id, _yes),
    "case sensitive": (lambda field: field.case_sensitive, _yes),
    "restricted picklist": (lambda field: field.restricted_picklist, _yes),
}
_LISTS: Mapping[str, Callable[[Field], tuple[str, ...]]] = {
    "picklist": lambda field: field.picklist,
    "refers to": lambda field: field.reference_to,
}


def changes(before: Describe, after: Describe) -> list[Change]:
    """Compare field by field: those that are gone, then the others in the order of the newer describe."""
    gone = [Change(name, "field", "there", "gone") for name in before.fields if name not in after.fields]
    found = []
    for name, field in after.fields.items():
        old = before.fields.get(name)
        if old is None:
            found.append(Change(name, "field", "not there", f"new, {field.type}", demands=field.required))
        else:
            found += [*_aspects(old, field), *_lists(old, field)]
    return [*gone, *found]


def _aspects(old: Field, new: Field) -> list[Change]:
    return [
        Change(new.name, what, words(of(old)), words(of(new)), demands=what == "required" and new.required)
        for what, (of, words) in _ASPECTS.items()
        if of(old) != of(new)
    ]


def _lists(old: Field, new: Field) -> list[Change]:
    found = []
    for what, of in _LISTS.items():
        went, came = ([one for one in of(a) if one not in {*of(b)}] for a, b in ((old, new), (new, old)))
        if went or came:
            found.append(Change(new.name, what, ", ".join(went), ", ".join(came)))
    return found


def touching(found: Sequence[Change], rules: MappingRules, columns: Collection[str]) -> list[Change]:
    """Leave of changes those that may matter to a job: of fields that it sets, and of those that the org demands now.

    `columns` are those of its files.
    """
    ignored = {column.lower() for column in rules.ignore}
    named = {*rules.columns.values(), *rules.constants, *rules.fields, rules.marker, rules.key, *columns}
    fields = {name.lower() for name in named} - ignored
    return [change for change in found if change.demands or change.field.lower() in fields]
