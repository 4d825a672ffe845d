import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.positions import line_of, lines_of_keys

Keys = tuple[str | int, ...]

COMMENTS = ["# plain", "# [fake]", '# key = "value"', "  # \"\"\" ''' [[", "", "   "]
SCALARS = [
    "1",
    "-1.5e3",
    "true",
    "1979-05-27 07:32:00",
    "07:32:00.5",
    '"text"',
    '"# [no] = comment"',
    "'C:\\dir\\'",
    '"a\\"b"',
    '""',
]
LONG_TEXTS = [
    '"""\n[fake]\nkey = 1\n"""',
    "'''\n# no comment\n[[fake]]\n'''",
    '"""one line"""',
    '"""ends with quotes"""""',
    "''''quoted'''''",
    '"""\\""" = \\\\"""',
    '""""""',
]


class Document:
    """TOML that is written together with the line of each key in it."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.text = ""
        self.lines: dict[Keys, int] = {}
        self.count = 0

    @property
    def line(self) -> int:
        return self.text.count("\n") + 1

    def choose(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def note(self, keys: Keys) -> None:
        self.lines.setdefault(keys, self.line)

    def name(self) -> tuple[str, str]:
        """Make up a name that is nowhere else, and say how it is written."""
        self.count += 1
        plain = f"k{self.count}"
        name: tuple[str, str] = self.choose(
            (plain, plain),
            (plain, f'"{plain}"'),
            (f"{plain} a.b", f"'{plain} a.b'"),
            (f'{plain}"=\t#', f'"{plain}\\"=\\t#"'),
            (f"{plain}ü[", f'"{plain}\\u00fc["'),
        )
        return name

    def names(self) -> tuple[Keys, str]:
        parts = [self.name() for _ in range(self.choose(1, 1, 2, 3))]
        return tuple(key for key, _ in parts), self.choose(".", " . ").join(written for _, written in parts)

    def gap(self) -> None:
        """Put in what may stand between items of a list: line ends and comments."""
        if self.choose(True, False):
            self.text += self.choose("\n", " # [x], {\n", "\n\n  ")

    def value(self, keys: Keys, depth: int) -> None:
        kind = self.choose("scalar", "text", "list", "table") if depth < 3 else "scalar"
        if kind == "list":
            self.list_of_values(keys, depth)
        elif kind == "table":
            self.inline_table(keys, depth)
        else:
            self.text += self.choose(*(SCALARS if kind == "scalar" else LONG_TEXTS))

    def list_of_values(self, keys: Keys, depth: int) -> None:
        self.text += "["
        for item in range(self.choose(0, 1, 3)):
            self.gap()
            self.note((*keys, item))
            self.value((*keys, item), depth + 1)
            self.gap()
            self.text += ","
        self.gap()
        self.text += "]"

    def inline_table(self, keys: Keys, depth: int) -> None:
        self.text += "{ "
        for item in range(self.choose(0, 1, 2)):
            self.text += ", " * bool(item)
            self.pair(keys, depth + 1)
        self.text += " }"

    def pair(self, table: Keys, depth: int) -> None:
        names, written = self.names()
        for size in range(1, len(names) + 1):
            self.note((*table, *names[:size]))
        self.text += written + self.choose(" = ", "=", "   =\t")
        self.value((*table, *names), depth)

    def body(self, table: Keys) -> None:
        for _ in range(self.choose(0, 1, 2)):
            self.text += self.choose(*COMMENTS) + "\n" + self.choose("", "  ")
            self.pair(table, 0)
            self.text += self.choose("\n", "  # trailing [x] = 1\n")

    def table(self) -> None:
        names, written = self.names()
        for size in range(1, len(names) + 1):
            self.note(names[:size])
        self.text += self.choose(f"[{written}]", f"[ {written} ]  # head") + "\n"
        self.body(names)

    def tables(self) -> None:
        """Write an array of tables, each with a table in it."""
        names, written = self.names()
        for item in range(self.choose(1, 2)):
            for size in range(1, len(names) + 1):
                self.note(names[:size])
            self.note((*names, item))
            self.text += f"[[{written}]]\n"
            self.body((*names, item))
            inner, inner_written = self.name()
            self.note((*names, item, inner))
            self.text += f"[{written}.{inner_written}]\n"
            self.body((*names, item, inner))


@st.composite
def documents(draw: Any) -> tuple[str, dict[Keys, int]]:
    document = Document(draw)
    document.body(())
    for _ in range(draw(st.integers(0, 3))):
        document.choose(document.table, document.tables)()
    return document.text.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))), document.lines


def keys_of(value: Any, keys: Keys = ()) -> Iterator[Keys]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*keys, key)
        yield from keys_of(item, (*keys, key))


@given(documents())
def test_every_key_of_any_document_is_found_in_its_line(document: tuple[str, dict[Keys, int]]):
    text, expected = document
    assert set(keys_of(tomllib.loads(text))) == set(expected)
    assert lines_of_keys(text) == expected


def test_a_table_that_is_mentioned_before_its_head_is_found_at_its_head():
    lines = lines_of_keys('[org.auth]\nkind = "x"\n\n[org]\nurl = "y"\n')
    assert lines["org",] == 4
    assert lines["org", "auth"] == 1


@pytest.mark.parametrize(
    ("keys", "line"),
    [(("a", "b"), 3), (("a", "missing"), 2), (("a", "missing", "deeper"), 2), (("missing",), 1), ((), 1)],
)
def test_what_is_missing_is_looked_for_in_the_nearest_table(keys: Keys, line: int):
    assert line_of(keys, lines_of_keys("# first line\n[a]\nb = 1\n")) == line
