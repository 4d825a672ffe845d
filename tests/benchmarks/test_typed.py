from pathlib import Path

import orjson

from benchmarks import typed
from pipeline.mapping.columns import Columns
from pipeline.mapping.mapper import mapper
from pipeline.mapping.rules import MappingRules
from pipeline.model.row import CellBlock, InputFile
from pipeline.salesforce import describe as describing


def faults(rows: list[list[str]]) -> dict:
    described = describing.read(orjson.loads(typed.describe()))
    assert described is not None
    columns = Columns(MappingRules(check=True), described)
    assert all(target and (target.judged or target.convert) for target in columns.resolve(tuple(typed.FIELDS)))
    rows_of = CellBlock([*range(len(rows))], [0] * len(rows), [b""] * len(rows), rows=rows)
    return mapper(InputFile(1, "x.csv", "csv", 0, "", columns=tuple(typed.FIELDS)), columns, keep_empty=False)(rows_of)[1]


def test_all_rows_are_good_and_each_field_would_have_been_found_out():
    rows = [list(row) for row in typed.memberships(500)]
    assert faults(rows) == {}
    for place, wrong in enumerate(("x" * 81, "x", "x", "x", "x", "1.5", "1e17", "x", "x;y", "003")):
        spoilt = [*rows[0][:place], wrong, *rows[0][place + 1 :]]
        assert [error.fields for error in faults([rows[1], spoilt])[1]] == [(list(typed.FIELDS)[place],)]


def test_the_file_has_a_header_and_the_rows(tmp_path: Path):
    typed.write(tmp_path / "rows.csv", 20)
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 21
