"""From what was sent to records: the steps that all roads into the org have in common, for new records and for altered ones."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.simulator import campaigns
from pipeline.simulator.checks import problems
from pipeline.simulator.errors import ApiError, RecordError, unknown_column
from pipeline.simulator.ledger import Alteration, Entry
from pipeline.simulator.objects import Field, SObject
from pipeline.simulator.org import Org
from pipeline.simulator.places import Path, place
from pipeline.simulator.store import Key, Record, changed, merged
from pipeline.simulator.values import WrongType, cannot_deserialize, cast
from pipeline.simulator.wire import malformed

_SHORT = 15


@dataclass(slots=True)
class Draft:
    """A record on its way in. `link` is the field that its parent's id goes to, where it hangs under one in a tree.

    `target` is the record that it alters; without one it will be new.
    """

    sobject: SObject
    reference: str | None
    given: dict[Field, Any]
    """What it was sent with: as JSON has it, and after `cast_all` as the fields hold it."""
    foreign: Sequence[str] = ()
    """Parents that were written as objects (`"Account": {...}`), which only their ids may be."""
    parent: "Draft | None" = None
    link: Field | None = None
    target: Record | None = None
    id: str = ""
    kept: dict[str, Any] = field(default_factory=dict)
    """What the org will hold, by field name."""

    def seal(self, record_id: str) -> None:
        """Give the record its id, and make what is kept of it: defaults, what was given, and its parent's id."""
        self.id = record_id
        if self.target is not None:
            self.kept = merged(self.sobject, self.target.values, {field.name: value for field, value in self.given.items()})
            if self.sobject.name == campaigns.MEMBER:
                campaigns.complete(self.kept)
            return
        defaults = self.sobject.defaults
        kept = {f.name: value for f, value in self.given.items() if value is not None or (f.nillable and f.name in defaults)}
        if self.link is not None and self.parent is not None:
            kept[self.link.name] = self.parent.id
        self.kept = {**defaults, **kept} if defaults else kept
        if self.sobject.name == campaigns.MEMBER:
            campaigns.complete(self.kept)


def draft(
    sobject: SObject,
    members: Mapping[str, Any],
    reference: str | None = None,
    children: Collection[str] = (),
    target: Record | None = None,
) -> Draft:
    """Tell the fields of a record apart; members named in `children` are its children. Raises ApiError for unknown ones."""
    given: dict[Field, Any] = {}
    foreign: list[str] = []
    own, in_any_case = sobject.fields.get, sobject.lower.get
    for name, value in members.items():
        found = own(name) or in_any_case(name.lower())
        if found is not None:
            given[found] = value
        elif isinstance(value, dict) and name.lower() in sobject.relationships:
            foreign.append(name)
        elif name != "attributes" and name not in children:
            raise unknown_column(name, sobject.name)
    if sobject.id_field in given:
        raise not_in_body("Id")
    return Draft(sobject, reference, given, foreign, target=target)


def cast_all(record: Draft, members: dict[str, Any], body: bytes, path: Callable[[], Path]) -> None:
    """Make each value what its field holds. Raises ApiError (JSON_PARSER_ERROR).

    `members` is the record as it was sent; `path` leads to it in the body: asked only when an error must say the place.
    """
    given = record.given
    for sent, value in given.items():
        if sent.plain and value and isinstance(value, str):
            continue
        try:
            given[sent] = cast(sent, value)
        except WrongType as error:
            name = next(name for name in reversed(members) if record.sobject.field(name) is sent)
            raise malformed(cannot_deserialize(sent, value), place(body, (*path(), name))) from error


def errors_of(record: Draft, org: Org) -> list[RecordError]:
    """Name everything that is wrong with one record by itself."""
    found = [RecordError("INVALID_FIELD", f"Cannot reference a foreign key field {name}.") for name in record.foreign]
    exists = record.target is not None
    found += problems(record.sobject, record.given, org, (record.link,) if record.link else (), exists=exists)
    if record.sobject.name == campaigns.MEMBER and not exists and (error := campaigns.problem(record.given, record.link)):
        found.append(error)
    return found


def conflicts(records: Iterable[Draft], org: Org) -> Iterator[tuple[Draft, list[RecordError]]]:
    """Name the records whose unique values exist already, in the org or earlier in the same request. All are sealed."""
    earlier: dict[tuple[str, Key], str] = {}
    for record in records:
        name, table = record.sobject.name, org.table(record.sobject.name)
        keys = tuple(table.keys(record.kept))
        holders = [(key, table.holder(key) or earlier.get((name, key))) for key in keys]
        found = [_duplicate(key, holder) for key, holder in holders if holder is not None and holder != record.id]
        if found:
            yield record, found
        else:
            earlier.update(((name, key), record.id) for key in keys)


def not_in_body(name: str) -> ApiError:
    """Make the answer for a record that has what its address says, or what the org gives."""
    return ApiError(400, "INVALID_FIELD", f"The {name} field should not be specified in the sobject data.")


def entry(record: Draft) -> Entry:
    """Make what the org keeps of a new record."""
    return Entry(record.sobject.name, record.id, record.reference, record.kept)


def alteration(record: Draft) -> Alteration:
    """Make what the org keeps of a record that is altered: what is otherwise than before."""
    before = record.target.values if record.target else {}
    return Alteration(record.sobject.name, record.id, changed(before, record.kept))


def _duplicate(key: Key, holder: str) -> RecordError:
    name = key[0]
    if "+" in name:
        return RecordError("DUPLICATE_VALUE", campaigns.ALREADY)
    message = f"duplicate value found: {name} duplicates value on record with id: {holder[:_SHORT]}"
    return RecordError("DUPLICATE_VALUE", message)
