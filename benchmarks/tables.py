"""Figures for people: CPU seconds per 100,000 rows, ratios taken run by run, peak memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.measure import Cost


@dataclass(frozen=True, slots=True)
class Measured:
    """The costs of every run, by loader, the baseline last; equal places in the lists were run one after the other."""

    format: str
    rows: int
    costs: Mapping[str, Sequence[Cost]]


HEAD = ("format", "rows", "loader", "CPU s / 100k rows", "min - max", "ratio", "min - max", "wall s", "peak MB")


def plain(measured: Sequence[Measured]) -> str:
    """Lay the figures out in columns."""
    lines = [HEAD, *_lines(measured)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def markdown(measured: Sequence[Measured]) -> str:
    """Lay the figures out as a Markdown table."""
    lines = [HEAD, ["---"] * 3 + ["---:"] * 6, *_lines(measured)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def progress(loader: str, kind: str, rows: int, number: int, cost: Cost) -> str:
    """Say what one run cost."""
    cpu = _per_100k(rows)(cost)
    return f"{kind} {rows:,} rows, run {number}: {loader} {cpu:.2f} CPU s / 100k rows, {cost.wall:.1f} s, {cost.peak:.0f} MB"


def _lines(measured: Sequence[Measured]) -> list[list[str]]:
    return [_line(one, loader) for one in measured for loader in one.costs]


def _line(one: Measured, loader: str) -> list[str]:
    costs = one.costs[loader]
    cpu = list(map(_per_100k(one.rows), costs))
    *_, baseline = one.costs
    ratios = [cost.cpu / other.cpu for cost, other in zip(costs, one.costs[baseline], strict=True)] if loader != baseline else []
    wall, peak = (median(values) for values in zip(*((cost.wall, cost.peak) for cost in costs), strict=True))
    return [one.format, f"{one.rows:,}", loader, *_spread(cpu), *_spread(ratios), f"{wall:.1f}", f"{peak:.0f}"]


def _spread(values: Sequence[float]) -> list[str]:
    return [f"{median(values):.2f}", f"{min(values):.2f} - {max(values):.2f}"] if values else ["", ""]


def _per_100k(rows: int) -> Callable[[Cost], float]:
    return lambda cost: cost.cpu / rows * 100_000
