"""Packed files are loaded by the real command, or refused before anything is sent."""

from backports import zstd

from tests.cli.conftest import PEOPLE


def pack(desk, packed: bytes) -> None:
    desk.write("people.csv.zst", packed)
    (desk.folder / "people.csv").unlink()


def test_a_file_packed_with_zstd_is_loaded_once(desk):
    head, *rows = PEOPLE.encode().splitlines(keepends=True)
    pack(desk, zstd.compress(head + rows[0]) + zstd.compress(b"".join(rows[1:])))
    first = desk.treeload("run", "people.toml", "--input", "people.csv.zst")
    assert first.code == 0, first
    assert [row["state"] for row in desk.results()] == ["created"] * 3
    assert [row["file"] for row in desk.results()] == ["people.csv.zst"] * 3
    again = desk.treeload("run", "people.toml", "--input", "people.csv.zst")
    assert (again.code, again.out.startswith("Nothing was sent")) == (0, True)


def test_a_file_that_is_cut_off_is_refused_before_anything_is_sent(desk):
    pack(desk, zstd.compress(PEOPLE.encode())[:-5])
    ran = desk.treeload("run", "people.toml", "--input", "people.csv.zst")
    assert ran.code == 8
    [line] = ran.complaints
    assert line.endswith("people.csv.zst: is cut off: its zstd data has no end")
    assert not (desk.folder / "reports").exists()
