from pathlib import Path

import pytest

from pipeline.config import Misconfigured
from pipeline.config.toml import parse, read


def refusal(path: Path) -> str:
    with pytest.raises(Misconfigured) as wrong:
        parse(path, read(path))
    [finding] = wrong.value.findings
    return finding


def test_a_near_name_is_offered_for_a_missing_file(tmp_path: Path):
    (tmp_path / "quickstart.toml").touch()
    assert refusal(tmp_path / "quikstart.toml") == (
        f"{tmp_path}/quikstart.toml: there is no such file; did you mean {tmp_path}/quickstart.toml?"
    )
    (tmp_path / "a.toml").touch()
    assert refusal(tmp_path / "a").endswith(f"did you mean {tmp_path}/a.toml?")
    assert refusal(tmp_path / "a.yaml").endswith(f"did you mean {tmp_path}/a.toml?")


def test_nothing_is_offered_where_no_name_is_near(tmp_path: Path):
    (tmp_path / "quickstart.toml").touch()
    assert refusal(tmp_path / "x.toml").endswith("there is no such file")


def test_a_missing_folder_is_named(tmp_path: Path):
    assert refusal(tmp_path / "confgs" / "a.toml").endswith(f"there is no such file, nor a folder {tmp_path}/confgs")


def test_a_folder_is_no_configuration(tmp_path: Path):
    assert refusal(tmp_path) == f"{tmp_path}: is a folder: name a configuration file"
    (tmp_path / "b.toml").touch()
    (tmp_path / "a.toml").touch()
    assert refusal(tmp_path) == f"{tmp_path}: is a folder: name a configuration file, such as a.toml, b.toml"


def test_a_file_that_the_system_refuses_is_one_line(tmp_path: Path):
    assert refusal(tmp_path / ("x" * 300)).endswith(": can't be read: File name too long")


def test_a_file_in_another_encoding_is_refused_at_its_line(tmp_path: Path):
    path = tmp_path / "job.toml"
    path.write_bytes("[job]\n# f\u00fcr\n".encode("latin-1"))
    assert refusal(path) == f"{path}:2: not UTF-8 (byte 9): save the file as UTF-8"


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path):
    path = tmp_path / "job.toml"
    path.write_bytes(b"\xef\xbb\xbf[job]\n")
    assert parse(path, read(path)) == {"job": {}}


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("[job]\nname = Max\n", "2: not valid TOML: Invalid value: text stands in quotes (column 8)"),
        ('[job]\n\nname "x"\n', "3: not valid TOML: Expected '=' after a key in a key/value pair (column 6)"),
        ("[job]\nx = 1\nx = 2\n", "3: not valid TOML: Cannot overwrite a value (column 6)"),
        ("[job]\n[org]\n[job]\n", "3: not valid TOML: Cannot declare ('job',) twice (column 5)"),
        ("[job]\ntext = '''\nno end\n", "3: not valid TOML: Expected \"'''\""),
        ("x = " + "9" * 5000, "1: not valid TOML: a number is too long, or lists stand too deep in each other"),
        ("x = " + "[" * 20_000, "1: not valid TOML: a number is too long, or lists stand too deep in each other"),
    ],
)
def test_what_is_not_toml_is_refused_at_its_line(tmp_path: Path, text: str, finding: str):
    path = tmp_path / "job.toml"
    path.write_text(text)
    assert refusal(path) == f"{path}:{finding}"
