"""Objects and fields that the org takes over from data, so that it can be loaded without the describes of the org it is from.

What the org has already stays as it is. It gets the objects it lacks, the fields that an object lacks, record types that records
name, and child relationships for lookups and nested records.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.simulator.compact import expand_child, expand_field
from pipeline.simulator.new_objects import RECORD_TYPE, new_object, new_record_type
from pipeline.simulator.sightings import Sighting, object_in, relationship
from pipeline.simulator.tree_files import Sample, samples

Describe = dict[str, Any]


def learn(files: Iterable[Path], known: Mapping[str, Mapping[str, Any]]) -> dict[str, Describe]:
    """Describe what tree files and plans of the Salesforce CLI have beyond the describes in `known`, by lower-case name.

    Raises ValueError for a file that can't be learned from, OSError for one that can't be read.
    """
    seen = _Seen()
    for file in files:
        for sample in samples(file):
            seen.note(sample)
    return _Lessons(seen, known).describes()


class _Seen:
    """What stood in the data. Names are lower-case where they are keys."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        """Of objects, as they were first written."""
        self.fields: dict[str, dict[str, Sighting]] = {}
        self.record_types: dict[str, set[str]] = {}
        self.objects_of: dict[str, str] = {}
        """Whose records are behind `@` references."""
        self.nested: dict[tuple[str, str], tuple[str, str]] = {}
        """The child and the name of a relationship, by parent and that name."""

    def note(self, sample: Sample) -> None:
        """Take in one record."""
        name = self.names.setdefault(sample.object.lower(), sample.object)
        fields = self.fields.setdefault(name.lower(), {})
        for key, value in sample.members.items():
            if not isinstance(value, Mapping | list) and key.isidentifier():
                fields.setdefault(key.lower(), Sighting(key)).note(value)
            elif isinstance(value, Mapping) and key == "attributes" and isinstance(value.get("referenceId"), str):
                self.objects_of[f"@{value['referenceId']}"] = name
            elif isinstance(value, Mapping) and key == "RecordType" and isinstance(value.get("Name"), str):
                self.record_types.setdefault(name.lower(), set()).add(value["Name"])
        if sample.relation:
            self.nested.setdefault((sample.parent.lower(), sample.relation.lower()), (name, sample.relation))


class _Lessons:
    """Makes describes of what was seen."""

    def __init__(self, seen: _Seen, known: Mapping[str, Mapping[str, Any]]) -> None:
        self._seen = seen
        self._drafts = {name: dict(describe) for name, describe in known.items()}
        self._changed: set[str] = set()
        self._prefixes = {describe["keyPrefix"] for describe in known.values()}

    def describes(self) -> dict[str, Describe]:
        """Return whole describes of objects that are new or have more than before."""
        for name in sorted(self._seen.names.keys() - self._drafts.keys()):
            self._drafts[name] = new_object(self._seen.names[name], self._prefixes)
            self._prefixes.add(self._drafts[name]["keyPrefix"])
            self._changed.add(name)
        lookups = [lookup for name in sorted(self._seen.names) for lookup in self._fill(name)]
        lookups += [lookup for parent, relation in sorted(self._seen.nested) for lookup in self._nest(parent, relation)]
        for child, field in lookups:
            for target in field["referenceTo"]:
                self._relate(child, field["name"], target)
        return {name: self._drafts[name] for name in self._changed}

    def _fill(self, name: str) -> list[tuple[str, Describe]]:
        """Give an object the fields and record types it lacks; return its new lookups."""
        new = []
        for sighting in self._seen.fields[name].values():
            field = self._field(name, sighting.name)
            if field is None:
                new.append(self._add(name, "fields", expand_field(sighting.facts(self._object_of))))
            elif field.get("polymorphicForeignKey"):
                new += self._open(name, field, sighting)
        titles = self._seen.record_types.get(name, set())
        if titles and self._field(name, RECORD_TYPE["name"]) is None:
            self._add(name, "fields", expand_field(RECORD_TYPE))
        had = {info["name"] for info in self._drafts[name]["recordTypeInfos"]}
        for title in sorted(titles - had):
            self._add(name, "recordTypeInfos", new_record_type(self._drafts[name]["name"], title))
        return [(name, field) for field in new if field["type"] == "reference"]

    def _open(self, name: str, field: Describe, sighting: Sighting) -> list[Describe]:
        """Let a lookup lead to objects that it doesn't lead to yet, if it may lead to any."""
        targets = {found for reference in sighting.references if (found := self._object_of(reference))} - {*field["referenceTo"]}
        if not targets:
            return []
        opened = {**field, "referenceTo": [*field["referenceTo"], *sorted(targets)]}
        fields = self._drafts[name]["fields"]
        self._drafts[name]["fields"] = [opened if each is field else each for each in fields]
        self._changed.add(name)
        return [{**opened, "referenceTo": sorted(targets)}]

    def _nest(self, parent: str, relation: str) -> list[tuple[str, Describe]]:
        """Make the relationship that records hang in, and if need be the child's lookup; return that."""
        child, written = self._seen.nested[parent, relation]
        name = self._drafts[parent]["name"]
        kinds = [kind for kind in self._drafts[parent]["childRelationships"] if kind["relationshipName"]]
        if relation in {kind["relationshipName"].lower() for kind in kinds}:
            return []
        used = {kind["field"] for kind in kinds if kind["childSObject"] == child}
        leading = [field for field in self._drafts[child.lower()]["fields"] if name in field["referenceTo"]]
        free = next((field for field in leading if field["createable"] and field["name"] not in used), None)
        made = []
        if free is None:
            own = f"{name.removesuffix('__c')}__c"
            facts = {"name": own, "label": name, "type": "reference", "custom": True}
            free = expand_field({**facts, "referenceTo": [name], "relationshipName": relationship(own)})
            made = [(child.lower(), self._add(child.lower(), "fields", free))]
        facts = {"childSObject": child, "field": free["name"], "relationshipName": written}
        self._add(parent, "childRelationships", expand_child(facts))
        return made

    def _relate(self, child: str, field: str, target: str) -> None:
        """Make the child relationship of a lookup, unless it is there."""
        kinds = self._drafts[target.lower()]["childRelationships"]
        name = self._drafts[child]["name"]
        if any((kind["childSObject"], kind["field"]) == (name, field) for kind in kinds):
            return
        taken = {kind["relationshipName"] for kind in kinds}
        plural, end = _plural(name.removesuffix("__c")), "__r" if field.endswith("__c") else ""
        numbers = ["", *map(str, range(1, len(taken) + 2))]
        free = next(written for number in numbers if (written := plural + number + end) not in taken)
        facts = {"childSObject": name, "field": field, "relationshipName": free}
        self._add(target.lower(), "childRelationships", expand_child(facts))

    def _field(self, name: str, field: str) -> Describe | None:
        return next((each for each in self._drafts[name]["fields"] if each["name"].lower() == field.lower()), None)

    def _add(self, name: str, key: str, item: Describe) -> Describe:
        self._drafts[name][key] = [*self._drafts[name][key], item]
        self._changed.add(name)
        return item

    def _object_of(self, reference: str) -> str | None:
        """Name the object of a reference or an id, if the org has it."""
        if reference.startswith("@"):
            name = self._seen.objects_of.get(reference) or object_in(reference) or ""
            return self._drafts[name.lower()]["name"] if name.lower() in self._drafts else None
        found = (describe["name"] for describe in self._drafts.values() if describe["keyPrefix"] == reference[:3])
        return next(found, None)


def _plural(name: str) -> str:
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"
