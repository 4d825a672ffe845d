"""From rows to records: what some rows become instead of the others is told apart, and plain rows go the shortest way."""

from collections.abc import Iterable, Sequence

from pipeline.assembly.families import FamilyMaker, encoder
from pipeline.assembly.kinds import Kind, Kinds
from pipeline.assembly.links import Links
from pipeline.assembly.parting import Parting
from pipeline.model.made import Made, Make, Part
from pipeline.model.record import NO_KIN, FieldError, Kin, references
from pipeline.model.row import AnyBlock, some_rows


def maker(kinds: Kinds, run: str, parting: Parting, links: Links | None = None) -> Make:
    """Make what makes the records of one file's rows in a run.

    `parting` knows of families that don't go as a whole, `links` what references mean.
    """
    number = kinds.file.number
    own = _maker(number, kinds.own, run, parting, links)
    if not kinds.cases:
        return own
    cases = [(choose, _maker(number, kind, run, parting, links)) for choose, kind in kinds.cases]

    def make(block: AnyBlock) -> Made:
        left = [True] * len(block.rows)
        parts: list[tuple[list[int], Made]] = []
        for choose, make_case in cases:
            places = [at for at, (free, fits) in enumerate(zip(left, choose(block), strict=True)) if free and fits]
            for at in places:
                left[at] = False
            parts.append((places, make_case(some_rows(block, places))))
        places = [at for at, free in enumerate(left) if free]
        parts.append((places, own(some_rows(block, places))))
        return _together(references(number, block.lines), parts, kinds.own.describe.name)

    return make


def _maker(file: int, kind: Kind, run: str, parting: Parting, links: Links | None) -> Make:
    """Make what makes records of one kind."""
    if not kind.plain:
        return FamilyMaker(file, kind, run, parting, links).make
    name, encode = kind.describe.name, encoder(kind, run)

    def make(block: AnyBlock) -> Made:
        fields, faults = kind.map(block)
        names = references(file, block.lines)
        return Made(names, encode(names, fields), faults, name)

    return make


def _together(names: list[str], parts: Iterable[tuple[Sequence[int], Made]], object_name: str) -> Made:
    """Put what was made of parts of a block into the block's order."""
    records, objects = [b""] * len(names), [object_name] * len(names)
    kin: list[tuple[Kin, ...]] = [NO_KIN] * len(names)
    faults: dict[int, tuple[FieldError, ...]] = {}
    waiting: dict[int, int] = {}
    apart: dict[int, tuple[Part, ...]] = {}
    scattered = False
    for places, made in parts:
        waiting |= {places[place]: wave for place, wave in made.waiting.items()}
        apart |= {places[place]: each for place, each in made.parts.items()}
        scattered |= made.scattered
        for place, at in enumerate(places):
            records[at], objects[at] = made.records[place], made.object
            if made.kin:
                kin[at] = made.kin[place]
            if errors := made.faults.get(place):
                faults[at] = errors
    return Made(names, records, faults, object_name, objects, kin if any(kin) else (), waiting, scattered, apart)
