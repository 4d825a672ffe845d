import csv
import io

import orjson
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.csv_rows import CsvReading
from pipeline.formats.json_lines import JsonReading
from pipeline.formats.rereading import reread
from pipeline.formats.rules import ReadRules
from pipeline.model.row import InputFile

CELLS = st.text(st.sampled_from("aé;\"\n\r,' =N"), max_size=8)
COLUMNS = ("a", "b", "c")
RULES = ReadRules(delimiter=";", null_words=("N",))


def table(rows: list[list[str]], ending: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator=ending, quoting=csv.QUOTE_ALL).writerows([COLUMNS, *rows])
    return out.getvalue().encode()


@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
    st.data(),
)
def test_any_rows_of_a_table_say_again_what_they_said_when_they_were_read(rows, ending, corrected, cut, data):
    content = table(rows, ending)
    reading = CsvReading(COLUMNS, RULES, corrected=corrected)
    blocks = [*reading.feed(content.removesuffix(ending.encode()) if cut else content), *reading.end()]
    read = [each for block in blocks for each in zip(block.lines, block.offsets, block.raw, block.rows, strict=True)]
    some = data.draw(st.permutations(read))[: len(read) // 2 + 1]
    lines, offsets, raw, cells = zip(*some, strict=True) if some else ((), (), (), ())
    file = InputFile(1, "a.csv", "csv", 0, "", delimiter=";", columns=COLUMNS, corrected=corrected)
    again = reread(file, RULES, lines, offsets, raw)
    assert again.rows == list(cells)
    assert (tuple(again.lines), tuple(again.offsets), tuple(again.raw)) == (lines, offsets, raw)


@given(st.lists(st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=5), max_size=3), min_size=1, max_size=5))
def test_any_rows_of_json_say_again_what_they_said(rows):
    rows = [row for row in rows if min([v for v in row.values() if isinstance(v, int)], default=0) >= -(2**63)]
    rows = [row for row in rows if max([v for v in row.values() if isinstance(v, int)], default=0) < 2**63]
    reading = JsonReading(ReadRules())
    blocks = [*reading.feed(b"\n".join(map(orjson.dumps, rows))), *reading.end()]
    raw = [each for block in blocks for each in block.raw]
    again = reread(InputFile(1, "a.jsonl", "jsonl", 0, ""), ReadRules(), range(len(raw)), range(len(raw)), raw)
    assert again.rows == [row for block in blocks for row in block.rows]
