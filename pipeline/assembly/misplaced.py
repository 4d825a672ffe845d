"""What tables of further records say in vain."""

from collections.abc import Iterable, Iterator

from pipeline.formats.nesting import MOST_LEVELS
from pipeline.mapping.rules import RecordRules
from pipeline.model.row import InputFile


def misplaced(
    rules: RecordRules, where: str, file: InputFile, parent: RecordRules | None, *, first: bool, beside: Iterable[str]
) -> Iterator[str]:
    """Say what a table says in vain: under `parent`, which is None for what rows become themselves.

    `first`: it is about what hangs under what rows of the job become; `beside`: settings with which no joined file goes.
    """
    if where.count("children.") >= MOST_LEVELS:
        yield f"a tree has {MOST_LEVELS} levels at most"
    if rules.key:
        yield "key: is only for what rows become instead, in mapping.cases"
    if rules.when and not rules.of_row:
        yield "when: must stand beside of_row = true"
    if not rules.of_row and not rules.inputs and (file.format == "csv" or (parent and parent.of_row)):
        yield "of_row: must be true: nothing is nested in rows of CSV, or in a record that is made of the row"
    if rules.of_row and parent and not parent.of_row and not parent.inputs:
        yield "of_row: must be false under records that are nested in rows"
    if rules.inputs and not first:
        yield "input: is only for what hangs under the rows of job.input themselves"
    if rules.inputs:
        yield from (f"input: can't stand in a job with {setting}" for setting in beside)
