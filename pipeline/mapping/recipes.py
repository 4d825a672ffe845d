"""The rules of made fields, held against the describe: settled once, with every fault named before anything is sent."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pipeline.mapping.dates import has_offset
from pipeline.mapping.fields import fault_of_field
from pipeline.mapping.lookups import Lookup, values_beforehand
from pipeline.mapping.making import Recipe
from pipeline.mapping.rules import FieldRules
from pipeline.mapping.steps import OwnFunction, joiner, steps_of
from pipeline.mapping.target import complaint_of, target_of
from pipeline.model.describe import Describe, Field

Lookups = dict[tuple[str, str], Lookup]
"""Lookups by object and field in lower case, and the object whose record types they are of, if any."""

_DATES = frozenset({"date", "datetime"})


def recipes(
    made: Mapping[str, FieldRules],
    describe: Describe,
    functions: Mapping[str, OwnFunction],
    lookups: Lookups,
    *,
    strict: bool,
) -> dict[str, Recipe]:
    """Make the recipes of all fields whose rules have no fault, by the names of the made columns.

    What they look up is added to `lookups`, where it isn't there yet.
    """
    found = {}
    for name, rules in made.items():
        field = describe.field(name)
        if field is not None and not [*_faults_of_one(name, rules, describe, strict=strict)]:
            target = target_of(" + ".join(rules.columns) or field.name, field, strict=strict)
            steps = steps_of(rules, field.type, functions.get(rules.function))
            recipe = Recipe(target, rules.columns, joiner(rules), steps)
            if rules.lookup:
                recipe = replace(recipe, look_up=_lookup(rules, describe, lookups).step(omit=rules.on_missing == "omit"))
            found[recipe.key] = recipe
    return found


def _lookup(rules: FieldRules, describe: Describe, lookups: Lookups) -> Lookup:
    """Find the lookup among those that there are already, or make it."""
    object_name, _, field = rules.lookup.partition(".")
    record_types_of = describe.name if object_name.lower() == "recordtype" else ""
    key = (rules.lookup.lower(), record_types_of)
    lookup = lookups.setdefault(key, Lookup(object_name, field, record_types_of=record_types_of))
    beforehand = values_beforehand(rules)
    lookup.values.update(beforehand or ())
    lookup.needs_rows |= beforehand is None
    return lookup


def faults_of_made(made: Mapping[str, FieldRules], describe: Describe, *, strict: bool) -> list[str]:
    """Say what is wrong with the rules of made fields."""
    faults = [fault for name, rules in made.items() for fault in _faults_of_one(name, rules, describe, strict=strict)]
    names = [name.lower() for name in made]
    return faults + [f"mapping.fields.{name}: is there twice: drop one of them" for name in made if names.count(name.lower()) > 1]


def _faults_of_one(name: str, rules: FieldRules, describe: Describe, *, strict: bool) -> Iterator[str]:
    where = f"mapping.fields.{name}"
    if fault := fault_of_field(where, name, describe):
        yield fault
    elif field := describe.field(name):
        if fault := _fault_of_date(rules, field) if rules.date else _fault_of_lookup(rules, field) if rules.lookup else None:
            yield f"{where}.{fault}"
        else:
            yield from _faults_of_values(where, rules, field, strict=strict)


def _fault_of_date(rules: FieldRules, field: Field) -> str | None:
    if field.type not in _DATES:
        return f"date: {field.name} is {field.type}: only a field of type date or datetime takes dates"
    offset = has_offset(rules.date)
    if field.type == "date":
        if rules.zone:
            return "zone: a date without a time of day has no zone: drop it"
    elif not rules.zone and not offset:
        return f"zone: is required, because {field.name} has a time of day: name the zone of the dates"
    if rules.zone and offset:
        return "zone: the dates say their offset themselves (%z): drop it"
    return _fault_of_default(rules, field.type) if rules.default else None


def _fault_of_lookup(rules: FieldRules, field: Field) -> str | None:
    if field.type != "reference":
        return f"lookup: {field.name} is {field.type}: only a field of type reference takes the id of a record"
    wanted = rules.lookup.partition(".")[0].lower()
    if wanted not in map(str.lower, field.reference_to):
        return f"lookup: {field.name} takes ids of {' or '.join(field.reference_to)}: look one up there"
    return None


def _fault_of_default(rules: FieldRules, field_type: str) -> str | None:
    """Hold the default against the form of dates."""
    try:
        steps_of(FieldRules(from_="any", date=rules.date, zone=rules.zone, century=rules.century), field_type, None)(
            [rules.default]
        )
    except ValueError as complaint:
        return f"default: {rules.default!r} {complaint}"
    return None


def _faults_of_values(where: str, rules: FieldRules, field: Field, *, strict: bool) -> Iterator[str]:
    """Hold what stands in the configuration, and goes to the org as it is, against the field."""
    if rules.date or rules.function or rules.lookup:
        return
    given = {f"{where}.default": rules.default} | {f"{where}.values.{key}": value for key, value in rules.values.items()}
    for place, value in given.items():
        if value and (complaint := complaint_of(target_of(place, field, strict=strict), value)):
            yield complaint
