"""Measure what gzip costs and saves: `python benchmarks/gzipped.py [--rows 100000] [--runs 5]`.

First each level of zlib alone, on the very bodies that the contacts of people.py make in requests of 200 records: CPU seconds
and the share of the bytes that is left. Then `treeload run` without and with `send.gzip`, in turns; what is counted there is
explained in measure.py.
"""

import argparse
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs from anywhere, as a file

from benchmarks import people
from benchmarks.loaders import LOADERS
from benchmarks.measure import Failed
from benchmarks.run import ROOT, WARM_UP_ROWS, _run
from pipeline.model.record import references
from pipeline.model.wire import Purpose
from pipeline.salesforce import tree
from pipeline.salesforce.encoding import encoder

RECORDS = 200
LEVELS = (1, 2, 4, 6, 9)
SETTINGS = ("send.gzip=true",)


def main() -> None:
    """Measure both and print a line for each."""
    arguments = argparse.ArgumentParser(description="what compressing request bodies costs and saves")
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--folder", type=Path, default=ROOT / "var", help="where files may be for a while")
    given = arguments.parse_args()
    for level in LEVELS:
        seconds, share = alone(given.rows, level)
        print(f"level {level}: {seconds:.2f} CPU s for {given.rows:,} rows, {share:.1%} of the bytes")
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        _compare(Path(name), WARM_UP_ROWS, 1)
        plain, packed = _compare(Path(name), given.rows, given.runs)
        ratios = [one / other for one, other in zip(packed, plain, strict=True)]
        spread = f"{median(ratios):.2f} ({min(ratios):.2f} - {max(ratios):.2f})"
        print(f"run: plain {median(plain):.2f} CPU s, gzip {median(packed):.2f} CPU s, ratio {spread}")


def bodies(rows: int) -> Iterator[bytes]:
    """Make the bodies of requests."""
    encode = encoder("Contact", {})
    contacts = (orjson.dumps(dict(zip(people.FIELDS, row, strict=True))) for row in people.contacts(rows))
    first = 2
    while fields := list(islice(contacts, RECORDS)):
        records = encode(references(1, range(first, first + len(fields))), fields)
        first += len(fields)
        body = tree.build("67.0", "Contact", records, Purpose.LOAD).body
        if body is not None:
            yield body


def alone(rows: int, level: int) -> tuple[float, float]:
    """Compress all bodies at a level: CPU seconds, and which share of the bytes is left."""
    whole = packed = 0
    seconds = 0.0
    for body in bodies(rows):
        started = time.process_time()
        left = len(zlib.compress(body, level, wbits=31))
        seconds += time.process_time() - started
        whole, packed = whole + len(body), packed + left
    return seconds, packed / whole


def _compare(folder: Path, rows: int, runs: int) -> tuple[list[float], list[float]]:
    source = folder / f"contacts-{rows}.csv"
    people.write(source, rows)
    loader = LOADERS["treeload"]
    plain, packed = [], []
    for _ in range(runs):
        plain.append(_run(loader, source, rows, 0, ()).cpu)
        packed.append(_run(loader, source, rows, 0, SETTINGS).cpu)
    return plain, packed


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"nothing measured: {failed}")
