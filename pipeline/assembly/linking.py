"""The names and references of a run's rows, noted while its files are looked through."""

from collections.abc import Iterator, Mapping

from pipeline.assembly.families import nodes_of
from pipeline.assembly.kinds import Kind, Kinds
from pipeline.assembly.links import Links
from pipeline.assembly.way import Way
from pipeline.formats.at_references import HINT
from pipeline.formats.nesting import ATTRIBUTES, Node
from pipeline.model.record import MEMBER, FieldError
from pipeline.model.row import AnyBlock, CellBlock, InputFile, ObjectBlock


class Linking:
    """A question of a survey, for files whose records have names."""

    def __init__(self, kinds: Mapping[int, Kinds], links: Links) -> None:
        """Note what stands in rows of these kinds."""
        self._kinds = kinds
        self._links = links

    def take(self, file: InputFile, block: AnyBlock) -> None:
        """Note the names and references of a block."""
        kinds = self._kinds[file.number]
        if isinstance(block, CellBlock) or not kinds.own.attributed:
            return
        for at, kind in enumerate(_kinds_of(kinds, block)):
            nodes = nodes_of(kind, block.rows[at], block.raw[at])
            row = file.number, block.lines[at]
            if isinstance(nodes, FieldError):
                attributes = block.rows[at].get(ATTRIBUTES)
                nodes = [
                    Node(kind.describe.name, {}, b"", -1, "", "", attributes=attributes if isinstance(attributes, dict) else {})
                ]
                self._links.lose_one(row, "can't be taken apart")
            names = [
                (name, row[1] + number * MEMBER, node.object)
                for number, node in enumerate(nodes)
                if isinstance(name := node.attributes.get("referenceId"), str)
            ]
            needs = _needs(kind, nodes) if HINT in block.raw[at] else ()
            self._links.note(row, names, needs)

    async def answered(self, way: Way) -> Way:
        """Put the rows in order."""
        self._links.settle()
        return way


def _kinds_of(kinds: Kinds, block: ObjectBlock) -> list[Kind]:
    """Say what each row becomes."""
    found = [kinds.own] * len(block.rows)
    for choose, kind in reversed(kinds.cases):
        for at, fits in enumerate(choose(block)):
            found[at] = kind if fits else found[at]
    return found


def _needs(kind: Kind, nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        yield from kind.below(node.levels).references(node.row).values()
