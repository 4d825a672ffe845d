import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.formats.head import HEAD, Head, file_format, holds_rows, read_head, rowless
from pipeline.formats.rules import ReadRules


def csv_head(source: bytes, *, whole: bool = True, **rules) -> Head:
    return read_head("x.csv", "csv", source, ReadRules(**rules), whole=whole)


def refusal(source: bytes, *, whole: bool = True, **rules) -> str:
    with pytest.raises(InputError) as caught:
        csv_head(source, whole=whole, **rules)
    return str(caught.value)


def head_or_refusal(source: bytes, *, whole: bool) -> Head | str:
    try:
        return csv_head(source, whole=whole)
    except InputError as error:
        return str(error)


class TestFormat:
    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("a.csv", "csv"),
            ("A.CSV", "csv"),
            ("a.jsonl", "jsonl"),
            ("a.csv.ndjson", "jsonl"),
            ("a.csv.GZ", "csv"),
            ("a.json", "json"),
        ],
    )
    def test_the_ending_says_it(self, name, kind):
        assert file_format(name, ReadRules()) == kind

    def test_the_rules_outrank_the_ending(self):
        assert file_format("a.csv", ReadRules(format="jsonl")) == "jsonl"

    @pytest.mark.parametrize("name", ["a.txt", "a", "a.csv.zip", "a.gz", "csv", "a.xlsx"])
    def test_another_ending_is_refused(self, name):
        with pytest.raises(InputError, match=rf"^{name}: its ending doesn't say what it is; .* or set read.format$"):
            file_format(name, ReadRules())


class TestCsv:
    def test_columns_in_order(self):
        assert csv_head(b'a,"b ""c""\nd",e\r\n1,2,3\n') == Head(("a", 'b "c"\nd', "e"), corrected=False, size=17)

    def test_a_bom_is_not_part_of_the_first_column(self):
        assert csv_head(b"\xef\xbb\xbfa,b\n") == Head(("a", "b"), corrected=False, size=7)

    def test_blank_lines_before_the_header_are_passed_over(self):
        assert csv_head(b"\n\r\na\n1").size == 5

    def test_a_header_without_line_end(self):
        assert csv_head(b"a,b") == Head(("a", "b"), corrected=False, size=3)

    def test_the_jobs_own_delimiter_and_quote(self):
        assert csv_head(b"'a;b';c\n", delimiter=";", quote="'").columns == ("a;b", "c")

    @pytest.mark.parametrize("source", [b"", b"\xef\xbb\xbf", b"\n\r\n"])
    def test_a_file_of_nothing_has_no_columns(self, source):
        assert csv_head(source).columns == ()

    def test_columns_of_ours_mean_that_it_is_a_corrected_file(self):
        head = csv_head(b"'+a,treeload_line\n")
        assert head.corrected
        assert head.columns == ("+a", "treeload_line")

    def test_only_the_header_must_be_text(self):
        assert csv_head(b"a\n\xff\0").columns == ("a",)


class TestRefusedCsv:
    def test_a_header_that_is_not_utf8(self):
        assert refusal(b"a,\xe9\n1,2\n") == (
            "x.csv: its header can't be read: byte 0xE9 at offset 2 of the file is not valid UTF-8; mend it, or set read.encoding"
        )

    def test_a_header_with_nul_bytes(self):
        assert "a NUL byte at offset 1" in refusal("a,b\n".encode("utf-16-le"))

    def test_all_columns_without_a_name(self):
        assert refusal(b"a,, ,b,\n") == ("x.csv: its header has columns without a name: 2, 3, 5; name or remove them")

    def test_all_columns_of_the_same_name(self):
        assert refusal(b"a,b,a,c,b\n") == "x.csv: its header has columns of the same name: 'a', 'b'; rename all but one"

    def test_a_quote_that_is_never_closed(self):
        assert refusal(b'a,"b\n1,2\n') == "x.csv: its header opens a quote that is never closed; is it a CSV file?"

    @pytest.mark.parametrize("source", [b"x" * HEAD, b'"' + b"x\n" * (HEAD // 2), b"\n" * HEAD])
    def test_a_header_that_does_not_end(self, source):
        assert refusal(source, whole=False) == "x.csv: its header doesn't end within 1,048,576 bytes; is it a CSV file?"

    def test_a_column_name_that_is_too_long(self):
        assert refusal(b"abcdef\n", max_line=5) == "x.csv: a column's name in its header has more than 5 characters"

    @given(st.binary(max_size=40) | st.text('a,"\n\r\0', max_size=20).map(str.encode), st.booleans())
    def test_any_bytes_have_a_head_or_are_refused_in_one_line(self, source, whole):
        head = head_or_refusal(source, whole=whole)
        if isinstance(head, str):
            assert re.fullmatch("x.csv: .*", head)
        else:
            assert head.size <= len(source)
            assert len(set(head.columns)) == len(head.columns)


class TestJson:
    def test_the_keys_of_the_first_rows_are_its_columns(self):
        head = read_head("x.jsonl", "jsonl", b'\xef\xbb\xbf{"b":1,"a":2}\nx\n\n{"c":3}\n{"d":', ReadRules(), whole=False)
        assert head == Head(("b", "a", "c"), corrected=False, size=3)

    def test_keys_of_ours_mean_that_it_is_a_corrected_file(self):
        assert read_head("x.jsonl", "jsonl", b'{"treeload_line":1}', ReadRules(), whole=True).corrected

    def test_a_file_without_rows_has_no_columns(self):
        assert read_head("x.jsonl", "jsonl", b"", ReadRules(), whole=True).columns == ()


class TestRowless:
    @pytest.mark.parametrize(("kind", "chunk"), [("csv", b"\r\n\n\r"), ("jsonl", b" \t\r\n")])
    def test_blank_lines_are_no_rows(self, kind, chunk):
        assert not holds_rows(kind, [chunk, chunk])
        assert holds_rows(kind, [chunk, chunk + b"x"])

    def test_a_line_of_blanks_is_a_row_of_csv(self):
        assert holds_rows("csv", [b" \n"])

    def test_no_more_is_read_than_must_be(self):
        chunks = iter([b"\n", b"x", b"y"])
        assert holds_rows("csv", chunks)
        assert list(chunks) == [b"y"]

    @pytest.mark.parametrize(
        ("source", "words"),
        [
            (b"", "is empty"),
            (b"\xef\xbb\xbf", "is empty"),
            (b"\n\n\n\n", "has only blank lines"),
            (b"a\n", "has a header and no rows"),
        ],
    )
    def test_it_is_said_in_which_way_a_file_has_no_rows(self, source, words):
        assert rowless("csv", csv_head(source), len(source)) == words
