"""Lines to cells, exactly as `csv.reader` has it, but in less time: a line without a quote in it is split."""

import csv
from collections.abc import Iterator
from functools import partial
from itertools import chain, islice

from pipeline.formats.rules import ReadRules


class Parser:
    """Parses consecutive lines. The rows come in portions; what a portion leaves over is a row that isn't whole."""

    def __init__(self, lines: list[str], rules: ReadRules, *, size: int) -> None:
        """Parse these lines, each with its line end; together they have at most `size` characters."""
        self.broken = False
        """The row that comes next has a cell that is longer than the rules allow."""
        self._count = len(lines)
        self._done = 0
        # An empty line follows the last one: it is a row of its own only if no quote is open there.
        self._lines = chain(lines, [""])
        self._pushed: list[str] = []
        pulled = iter(partial(_pull, self._pushed, self._lines), None)  # no method: the lines would live on in a cycle
        self._quoted = csv.reader(pulled, delimiter=rules.delimiter, quotechar=rules.quote)
        self._delimiter = rules.delimiter
        self._limit = rules.max_line
        # Only `csv.reader` looks at the length of cells: where one may be too long it gets every line, for "" is in each.
        self._quote = rules.quote if size <= rules.max_line else ""

    def take(self, most: int) -> tuple[list[list[str]], list[int]]:
        """Return the next rows, at most so many, and their bounds.

        Row i has the lines from bounds[i] up to, but without, bounds[i + 1], counted from 0. A blank line is an empty row.
        """
        csv.field_size_limit(self._limit)  # of the whole process: nobody else may have set another
        rows: list[list[str]] = []
        bounds = [self._done]
        try:
            self._parse(most, rows, bounds)
        except csv.Error:
            self.broken = True
        if bounds[-1] > self._count:
            del rows[-1], bounds[-1]
        self._done = bounds[-1]
        return rows, bounds

    def _parse(self, most: int, rows: list[list[str]], bounds: list[int]) -> None:
        quote, delimiter, quoted, at = self._quote, self._delimiter, self._quoted, self._done
        for line in islice(self._lines, most):
            if quote in line:
                self._pushed.append(line)
                before = quoted.line_num
                rows.append(next(quoted))
                at += quoted.line_num - before
            else:
                cells = line.rstrip("\r\n")
                rows.append(cells.split(delimiter) if cells else [])
                at += 1
            bounds.append(at)


def _pull(pushed: list[str], lines: Iterator[str]) -> str:
    return pushed.pop() if pushed else next(lines)
