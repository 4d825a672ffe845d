import asyncio
import gzip
import hashlib
import os
import re
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.channel import Channel
from pipeline.errors import ExitCode, InputError
from pipeline.formats.rules import ReadRules
from pipeline.model.row import AnyBlock, InputFile
from pipeline.model.run import ReadCounts
from pipeline.model.tally import Tally
from pipeline.stages import reader
from pipeline.stages.reader import Reader, inspect
from pipeline.stop import Stop

Blocks = list[tuple[InputFile, AnyBlock]]


class Growing:
    """A source whose bytes are others than its size says."""

    version = ""

    def __init__(self, size: int) -> None:
        self.size = size

    def read(self, offset: int, size: int) -> bytes:
        return b"a\n1\n"[offset : offset + size]


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(source: bytes, name: str = "in.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(source)
        return path

    return write


def refusal(path: Path, **rules: Any) -> str:
    with pytest.raises(InputError) as caught:
        inspect(path, 1, ReadRules(**rules))
    return str(caught.value)


async def flow(
    running: Reader, file: InputFile, *, look: Callable[[AnyBlock], None] = lambda _: None
) -> tuple[ReadCounts, Blocks]:
    """Let a file run through a channel of one block, looking at each."""
    out = Channel[tuple[InputFile, AnyBlock]](1)
    arrived: Blocks = []

    async def take() -> None:
        async for arrival in out:
            arrived.append(arrival)
            look(arrival[1])

    async with asyncio.TaskGroup() as group:
        group.create_task(take())
        counts = await running.run(file, out)
        await out.close()
    return counts, arrived


class TestInspect:
    def test_a_file_is_described_before_anything_is_sent(self, write):
        source = b"Name;Note\nAda;'x'\n"
        path = write(source)
        assert inspect(path, 3, ReadRules(delimiter=";", quote="'")) == InputFile(
            number=3,
            path=str(path),
            format="csv",
            size=18,
            sha256=hashlib.sha256(source).hexdigest(),
            delimiter=";",
            quote="'",
            columns=("Name", "Note"),
        )

    def test_json_lines_have_the_keys_of_their_first_rows(self, write):
        file = inspect(write(b'{"a":1}\n{"b":2}\n', "in.ndjson"), 1, ReadRules())
        assert (file.format, file.columns) == ("jsonl", ("a", "b"))

    def test_a_corrected_file_is_known_by_our_columns(self, write):
        assert inspect(write(b"a,treeload_line\n1,2\n"), 1, ReadRules()).corrected

    def test_rows_may_begin_after_any_number_of_blank_lines(self, write, monkeypatch):
        monkeypatch.setattr(reader, "HEAD", 8)
        assert inspect(write(b"a\n" + b"\n" * 100 + b"1"), 1, ReadRules()).columns == ("a",)

    def test_a_missing_file_brings_up_the_nearest_name(self, write):
        path = write(b"a\n1\n", "contacts.csv")
        missing = path.with_name("contact.csv")
        assert refusal(missing) == f"{missing}: not found; did you mean contacts.csv?"

    def test_a_missing_file_with_no_name_near_it(self, tmp_path):
        assert refusal(tmp_path / "x.csv") == f"{tmp_path}/x.csv: not found; check the path"

    def test_a_missing_folder(self, tmp_path):
        path = tmp_path / "inbox" / "x.csv"
        assert refusal(path) == f"{path}: not found: there is no folder {tmp_path}/inbox"

    def test_a_folder(self, tmp_path):
        assert refusal(tmp_path) == f"{tmp_path}: is a folder; give a file"

    def test_a_pipe_which_cannot_be_read_twice(self, tmp_path):
        os.mkfifo(tmp_path / "x.csv")
        assert refusal(tmp_path / "x.csv") == f"{tmp_path}/x.csv: is no regular file; give a file"

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_a_file_that_may_not_be_read(self, write):
        path = write(b"a\n1\n")
        path.chmod(0)
        assert refusal(path) == f"{path}: can't be read: Permission denied"

    def test_a_path_that_the_system_does_not_take(self, tmp_path):
        path = tmp_path / ("x" * 300 + ".csv")
        assert refusal(path) == f"{path}: can't be read: File name too long"

    @pytest.mark.parametrize(
        ("source", "name", "words"),
        [
            (b"", "in.csv", "is empty"),
            (b"\xef\xbb\xbf", "in.jsonl", "is empty"),
            (b"\n\n\n\n", "in.csv", "has only blank lines"),
            (b" \n\t\n", "in.jsonl", "has only blank lines"),
            (b"a,b\n\n", "in.csv", "has a header and no rows"),
        ],
    )
    def test_a_file_without_rows_is_refused_unless_that_is_fine(self, write, source, name, words):
        path = write(source, name)
        assert refusal(path) == f"{path}: {words}; set read.allow_empty if that is fine"
        assert inspect(path, 1, ReadRules(allow_empty=True)).size == len(source)

    def test_an_ending_that_says_nothing(self, write):
        path = write(b"a\n1\n", "in.txt")
        assert refusal(path).startswith(f"{path}: its ending doesn't say what it is")
        assert inspect(path, 1, ReadRules(format="csv")).format == "csv"

    def test_a_packed_file_is_looked_through_to_its_end(self, write, monkeypatch):
        monkeypatch.setattr(reader, "CHUNK", 1000)
        monkeypatch.setattr(reader, "HEAD", 1000)
        source = gzip.compress(b"a,b\n" + b"".join(b"%d,2\n" % (n * n) for n in range(5000)))
        path = write(source[:-9], "in.csv.gz")
        assert refusal(path) == f"{path}: is cut off: its gzip data has no end"

    def test_a_packed_file_of_nothing_is_empty(self, write):
        path = write(gzip.compress(b""), "in.csv.gz")
        assert refusal(path) == f"{path}: is empty; set read.allow_empty if that is fine"

    def test_a_byte_order_mark_says_the_encoding(self, write):
        file = inspect(write("a,\xe9\n1,2\n".encode("utf-16")), 1, ReadRules())
        assert (file.encoding, file.columns) == ("utf-16", ("a", "\xe9"))

    def test_what_is_not_utf8_is_refused_until_somebody_says_what_it_is(self, write):
        path = write(b"a;b\nJos\xe9;x\n")
        assert refusal(path).startswith(f"{path}: isn't UTF-8 (byte 0xE9 at offset 7): set read.encoding to what it is")
        assert inspect(path, 1, ReadRules(encoding="windows-1252")).encoding == "cp1252"

    @pytest.mark.parametrize("size", [3, 5])
    def test_a_file_that_is_still_being_written_is_refused(self, monkeypatch, size):
        monkeypatch.setattr(reader, "opened", lambda _: nullcontext(Growing(size)))
        assert refusal(Path("in.csv")) == "in.csv: changes while it is read; start again once it is complete"

    @pytest.mark.parametrize("more", [-1, 0])
    def test_a_header_may_end_where_the_head_ends(self, write, monkeypatch, more):
        monkeypatch.setattr(reader, "HEAD", 100)
        name = "x" * (100 + more)
        assert inspect(write(name.encode()), 1, ReadRules(allow_empty=True)).columns == (name,)


class TestReader:
    async def test_all_blocks_of_a_file_arrive_in_order_and_are_counted(self, write, monkeypatch):
        monkeypatch.setattr(reader, "CHUNK", 1000)
        monkeypatch.setattr(reader, "PART", 300)
        path = write(b"n,t\n" + b"".join(b"%d,x\n\n" % n for n in range(2000)) + b"3\n")
        file = inspect(path, 1, ReadRules())
        tally = Tally()
        counts, arrived = await flow(Reader(ReadRules(), tally, Stop()), file)
        assert counts == ReadCounts(lines=4001, blank=2000, unreadable=1, rows=2000, complete=True)
        assert [row for _, block in arrived for row in block.rows] == [[str(n), "x"] for n in range(2000)]
        assert {origin for origin, _ in arrived} == {file}
        assert (tally.rows_read, tally.bytes_read) == (2000, file.size)

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "cp1252", "utf-16-le"])
    async def test_other_encodings_are_read_as_utf8(self, write, monkeypatch, encoding):
        monkeypatch.setattr(reader, "CHUNK", 1001)
        monkeypatch.setattr(reader, "PART", 7)
        path = write(("n;t\n" + "".join(f"{n};é€\n" for n in range(2000))).encode(encoding))
        rules, tally = ReadRules(encoding=encoding), Tally()
        counts, arrived = await flow(Reader(rules, tally, Stop()), inspect(path, 1, rules))
        assert counts == ReadCounts(lines=2000, blank=0, unreadable=0, rows=2000, complete=True)
        assert [row for _, block in arrived for row in block.rows] == [[str(n), "é€"] for n in range(2000)]
        assert tally.bytes_read == path.stat().st_size

    async def test_a_byte_that_the_encoding_does_not_have_makes_its_line_unreadable(self, write):
        rules = ReadRules(encoding="cp1252")
        _, arrived = await flow(Reader(rules, Tally(), Stop()), inspect(write(b"a;b\n\xe9;1\n\x81;2\n3;4\n"), 1, rules))
        [[_, block]] = arrived
        assert block.rows == [["é", "1"], ["3", "4"]]
        assert [(line.line, line.offset, line.reason) for line in block.unreadable] == [
            (3, 9, "byte 0x81 is not valid cp1252 (offset 9 of the text in UTF-8)")
        ]

    async def test_quotes_behind_backslashes_become_doubled_ones(self, write, monkeypatch):
        monkeypatch.setattr(reader, "PART", 3)
        rules = ReadRules(escape="backslash", encoding="utf-16-le")
        path = write('a,b\n"x \\"y\\" \\\\",C:\\n\n'.encode("utf-16-le"))
        _, arrived = await flow(Reader(rules, Tally(), Stop()), inspect(path, 1, rules))
        assert [row for _, block in arrived for row in block.rows] == [['x "y" \\', "C:\\n"]]
        assert [raw for _, block in arrived for raw in block.raw] == [b'"x ""y"" \\",C:\\n\n']

    async def test_packed_files_are_unpacked(self, write, monkeypatch):
        monkeypatch.setattr(reader, "CHUNK", 1000)
        monkeypatch.setattr(reader, "PART", 100)
        path = write(gzip.compress("".join(["n\té\n", *(f"{n}\tü\n" for n in range(3000))]).encode("utf-16")), "in.tsv.gz")
        file, tally = inspect(path, 1, ReadRules()), Tally()
        counts, arrived = await flow(Reader(ReadRules(), tally, Stop()), file)
        assert (file.columns, file.packing, file.size) == (("n", "é"), "gzip", path.stat().st_size)
        assert counts == ReadCounts(lines=3000, blank=0, unreadable=0, rows=3000, complete=True)
        assert [row for _, block in arrived for row in block.rows] == [[str(n), "ü"] for n in range(3000)]
        assert tally.bytes_read == file.size

    async def test_json_lines_are_read_too(self, write):
        file = inspect(write(b'{"a":1}\n[]\n', "in.jsonl"), 1, ReadRules())
        counts, arrived = await flow(Reader(ReadRules(), Tally(), Stop()), file)
        assert counts == ReadCounts(lines=2, blank=0, unreadable=1, rows=1, complete=True)
        assert [block.rows for _, block in arrived] == [[{"a": 1}]]

    async def test_a_corrected_file_is_unescaped(self, write):
        file = inspect(write(b"a,treeload_line\n'=1,2\n"), 1, ReadRules())
        _, arrived = await flow(Reader(ReadRules(), Tally(), Stop()), file)
        assert arrived[0][1].rows == [["=1", "2"]]

    async def test_an_empty_file_is_read_to_its_end(self, write):
        rules = ReadRules(allow_empty=True)
        counts, arrived = await flow(Reader(rules, Tally(), Stop()), inspect(write(b""), 1, rules))
        assert counts == ReadCounts(lines=0, blank=0, unreadable=0, rows=0, complete=True)
        assert not arrived

    async def test_it_stops_between_two_blocks(self, write, monkeypatch):
        monkeypatch.setattr(reader, "PART", 100)
        stop = Stop()
        file = inspect(write(b"n\n" + b"1\n" * 1000), 1, ReadRules())
        counts, arrived = await flow(
            Reader(ReadRules(), Tally(), stop), file, look=lambda _: stop.pull("enough", ExitCode.RESUMABLE)
        )
        assert not counts.complete
        assert 0 < counts.rows < 1000
        assert counts.rows == sum(len(block.rows) for _, block in arrived)

    async def test_a_stopped_run_hands_on_nothing(self, write):
        stop = Stop()
        stop.pull("enough", ExitCode.RESUMABLE)
        counts, arrived = await flow(Reader(ReadRules(), Tally(), stop), inspect(write(b"n\n1\n"), 1, ReadRules()))
        assert counts == ReadCounts(lines=0, blank=0, unreadable=0, rows=0, complete=False)
        assert not arrived

    @pytest.mark.parametrize("change", [b"n\n1\n2\n", b"n\n"])
    async def test_a_file_that_has_changed_since_it_was_inspected_is_not_read(self, write, change):
        path = write(b"n\n1\n")
        file = inspect(path, 1, ReadRules())
        path.write_bytes(change)
        assert await changed(file) == f"{path}: changed since it was inspected; start again once it is complete"

    async def test_other_content_of_the_same_size_is_noticed_too(self, write):
        path = write(b"n\n1\n")
        file = inspect(path, 1, ReadRules())
        path.write_bytes(b"n\n2\n")
        os.utime(path, ns=(1, 1))
        assert "changed since it was inspected" in await changed(file)

    async def test_a_file_that_changes_while_it_is_read_stops_the_run(self, write, monkeypatch):
        monkeypatch.setattr(reader, "CHUNK", 100)
        path = write(b"n\n" + b"1\n" * 1000)
        file = inspect(path, 1, ReadRules())
        assert "changed since" in await changed(file, look=lambda _: os.utime(path, ns=(1, 1)))

    async def test_a_file_that_is_gone_stops_the_run(self, write, monkeypatch):
        monkeypatch.setattr(reader, "CHUNK", 100)
        path = write(b"n\n" + b"1\n" * 1000)
        file = inspect(path, 1, ReadRules())
        assert await changed(file, look=lambda _: path.unlink(missing_ok=True)) == f"{path}: not found; check the path"

    async def test_another_file_of_that_name_is_not_the_same(self, write, tmp_path, monkeypatch):
        monkeypatch.setattr(reader, "CHUNK", 100)
        path = write(b"n\n" + b"1\n" * 1000)
        file = inspect(path, 1, ReadRules())

        def replace(_: AnyBlock) -> None:
            other = write(path.read_bytes(), "other.csv")
            os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
            other.replace(path)

        assert "changed since" in await changed(file, look=replace)


async def changed(file: InputFile, *, look: Callable[[AnyBlock], None] = lambda _: None) -> str:
    """Read a file that must be refused, and return the reason."""
    with pytest.raises(ExceptionGroup) as caught:
        await flow(Reader(ReadRules(), Tally(), Stop()), file, look=look)
    [error] = caught.value.exceptions
    assert isinstance(error, InputError)
    return str(error)


@given(source=st.binary(max_size=200), name=st.sampled_from(["in.csv", "in.jsonl", "in.json"]))
async def test_whatever_the_bytes_a_file_is_read_to_its_end_or_refused_in_one_line(tmp_path_factory, source, name):
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(source)
    file = file_or_refusal(path)
    if isinstance(file, str):
        assert re.fullmatch(f"{re.escape(str(path))}: .*", file)
    else:
        counts, _ = await flow(Reader(ReadRules(), Tally(), Stop()), file)
        assert counts.complete
        assert counts.lines == counts.blank + counts.unreadable + counts.rows


def file_or_refusal(path: Path) -> InputFile | str:
    try:
        return inspect(path, 1, ReadRules())
    except InputError as error:
        return str(error)


@given(
    source=st.binary(max_size=200) | st.just(b"a,b\n1,2\n" * 50),
    cut=st.integers(0, 250),
    packed=st.sampled_from([("in.csv.zst", zstd.compress), ("in.jsonl.zst", zstd.compress), ("in.csv.gz", gzip.compress)]),
)
async def test_whatever_is_packed_and_wherever_it_is_cut_it_is_read_or_refused_in_one_line(tmp_path_factory, source, cut, packed):
    name, pack = packed
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(pack(source)[:cut])
    file = file_or_refusal(path)
    if isinstance(file, str):
        assert re.fullmatch(f"{re.escape(str(path))}: .*", file)
    else:
        counts, _ = await flow(Reader(ReadRules(), Tally(), Stop()), file)
        assert counts.complete
        assert cut >= len(pack(source))
