import orjson
import pytest

from pipeline.mapping.columns import Columns
from pipeline.mapping.mapper import mapper
from pipeline.mapping.rules import MappingRules
from pipeline.model.row import CellBlock, InputFile, ObjectBlock


@pytest.fixture
def map_of(contact):
    def make(*columns: str, keep_empty: bool = False):
        file = InputFile(1, "x", "csv", 0, "", columns=columns)
        return mapper(file, Columns(MappingRules(), contact), keep_empty=keep_empty)

    return make


def test_either_kind_of_block_becomes_the_same_records(map_of):
    cells = CellBlock([2], [0], [b"Kim,k@example.org"], rows=[["Kim", "k@example.org"]])
    row = {"LastName": "Kim", "Email": "k@example.org"}
    objects = ObjectBlock([2], [0], [orjson.dumps(row)], rows=[row])
    assert map_of("LastName", "Email")(cells)[0] == map_of("LastName", "Email")(objects)[0]


def test_a_row_that_could_not_be_read_is_not_loaded_until_somebody_put_it_right(map_of):
    rows = [["K\ufffdm", "K?m"], ["Kim", ""]]
    block = CellBlock([2, 3], [0, 9], [b"", b""], rows=rows)
    _, faults = map_of("LastName", "treeload_source")(block)
    assert {place: [error.code for error in errors] for place, errors in faults.items()} == {0: ["NOT_CORRECTED"]}
