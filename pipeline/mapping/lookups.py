"""Lookups: the id of a record that exists in the place of what one of its fields holds. The ids are learned before the load."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from pipeline.mapping.checks import Refused
from pipeline.mapping.rules import FieldRules
from pipeline.mapping.steps import Step, Texts

UNKNOWN_ID = "a00000000000000AAA"
"""Stands for an id as long as nobody has been asked: a check without the org needs something that looks like one."""


class Lookup:
    """Which ids the values of one field have: first the values are collected, then their ids are learned."""

    def __init__(self, object_name: str, field: str, *, record_types_of: str = "") -> None:
        """Look up in this field of this object; of record types only those of one object count."""
        self.object = object_name
        self.field = field
        self.record_types_of = record_types_of
        self.values: set[str] = set()
        """What is to be asked for."""
        self.needs_rows = False
        """Rows say what is to be asked for; otherwise the configuration has said it."""
        self.collecting = False
        self.assumed = False
        """Nobody can be asked: each value is taken to have a record."""
        self._learned = False
        self._ids: dict[str, str] = {"": ""}
        self._several: dict[str, str] = {}

    @property
    def name(self) -> str:
        """Write it as the configuration does."""
        return f"{self.object}.{self.field}"

    def learn(self, found: Mapping[str, Sequence[str]]) -> None:
        """Learn the ids of values; one that isn't there has none."""
        self._learned = True
        for value, ids in found.items():
            if len(ids) == 1:
                self._ids[value] = ids[0]
            elif ids:
                self._several[value] = " and ".join(ids)

    def step(self, *, omit: bool) -> Step:
        """Make the step from values to ids; with `omit` a value without a record is nothing, and otherwise a fault."""

        def look_up(texts: Texts) -> Texts:
            if self.collecting:
                self.values.update(texts)
            if self.collecting or self.assumed:
                return [text and UNKNOWN_ID for text in texts]
            if not self._learned:
                raise RuntimeError(f"{self.name}: no ids have been learned")
            try:
                return [self._ids[text] for text in texts]
            except KeyError:
                return [self._of_one(text, omit=omit) for text in texts]

        return look_up

    def _of_one(self, text: str, *, omit: bool) -> str:
        text = text.strip()  # the org holds no blanks around a text
        if text in self._ids:
            return self._ids[text]
        if text in self._several:
            ids = self._several[text]
            raise Refused("LOOKUP_AMBIGUOUS", f"is not clear: more than one {self.object} has this {self.field}: {ids}")
        if omit:
            return ""
        raise Refused("LOOKUP_NOT_FOUND", f"is not found: no {self.object} that this user sees has this {self.field}")

    def digest(self) -> str:
        """Name what was learned as 64 hex digits."""
        known = sorted(f"{value}\n{ids}" for value, ids in (self._ids | self._several).items())
        return sha256("\n".join([self.name, *known]).encode()).hexdigest()


def values_beforehand(rules: FieldRules) -> set[str] | None:
    """Name all values that can be looked up, where the configuration says them; None if the rows do."""
    if rules.function or (rules.columns and (not rules.values or rules.other == "keep")):
        return None
    return {value for value in (*rules.values.values(), rules.default) if value}
