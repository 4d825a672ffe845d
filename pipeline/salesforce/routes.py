"""The roads into the org: for each of them how records are written, sent and answered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.model.outcome import Outcome
from pipeline.model.wire import Delivery, Purpose, Request
from pipeline.salesforce import collections, single, tree
from pipeline.salesforce.encoding import Frame


class Build(Protocol):
    """Makes a request."""

    def __call__(
        self, api_version: str, object_name: str, records: Sequence[bytes], purpose: Purpose, headers: Mapping[str, str] = ...
    ) -> Request:
        """Make the request that creates these records; see `tree.build`."""
        ...


class Decipher(Protocol):
    """Says what came of a request."""

    def __call__(
        self, delivery: Delivery, references: Sequence[str], lines: Sequence[str] = (), proof: Collection[str] = ()
    ) -> Outcome:
        """Read what came back for records with these references; see `tree.decipher`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One road."""

    name: str
    frame: Frame
    build: Build
    decipher: Decipher
    atomic: bool = True
    """A request creates all of its records or none."""
    jobs: bool = False
    """Records go in jobs of many requests (`bulk.py`); a single record is written as by single create."""
    families: bool = False
    """Records may have others under them."""


TREE = Route(name="tree", frame=Frame.REFERENCED, build=tree.build, decipher=tree.decipher, families=True)
COLLECTIONS = Route(name="collections", frame=Frame.TYPED, build=collections.build, decipher=collections.decipher, atomic=False)
SINGLE = Route(name="single", frame=Frame.BARE, build=single.build, decipher=single.decipher)
BULK = Route(name="bulk", frame=Frame.BARE, build=single.build, decipher=single.decipher, atomic=False, jobs=True)
ROUTES: Mapping[str, Route] = {route.name: route for route in (TREE, COLLECTIONS, SINGLE, BULK)}
