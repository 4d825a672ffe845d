import os
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import SecretRef
from pipeline.config.secret import Source
from pipeline.errors import UsageError

HERE = Path("/jobs")


def secret_file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "token"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("text", ["env:SF_TOKEN", "file:/run/secrets/token", "credential:sf.token"])
def test_a_reference_is_its_own_text(text: str):
    assert str(SecretRef.parse(text, HERE)) == text


def test_a_reference_is_frozen():
    with pytest.raises(FrozenInstanceError):
        SecretRef("env", "X").name = "Y"  # type: ignore[misc]


def test_the_path_of_a_file_counts_from_the_configuration():
    assert str(SecretRef.parse("file:secrets/token", HERE)) == "file:/jobs/secrets/token"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "env:",
        "file:",
        "env:1X",
        "env:A-B",
        "env: X",
        "credential:../etc/passwd",
        "credential:..",
        "credential:a/b",
        "ENV:X",
        "keyring:x",
    ],
)
def test_what_is_no_reference_is_refused(text: str):
    with pytest.raises(ValueError, match=r'write "env:NAME" .* "file:PATH" .* "credential:NAME"'):
        SecretRef.parse(text, HERE)


@given(st.text(min_size=4))
def test_a_refused_literal_is_never_repeated(literal: str):
    for text in (f"~{literal}~", f"env:~{literal}~", f"credential:~/{literal}~"):
        with pytest.raises(ValueError, match="by reference only") as refused:
            SecretRef.parse(text, HERE)
        assert f"~{literal}~" not in str(refused.value)


def test_a_secret_comes_from_the_environment():
    assert SecretRef("env", "TOKEN").resolve({"TOKEN": "00D!x"}) == "00D!x"


def test_a_secret_comes_from_a_file_without_its_line_end(tmp_path: Path):
    path = secret_file(tmp_path, b" 00D!\xc3\xa9 \r\n")
    assert SecretRef("file", str(path)).resolve() == " 00D!é "


def test_a_secret_comes_from_the_credentials_of_systemd_whatever_their_group_bits(tmp_path: Path):
    secret_file(tmp_path, b"00D!x\n", mode=0o440)
    assert SecretRef("credential", "token").resolve({"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "00D!x"


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o602, 0o601, 0o644])
def test_a_file_that_others_can_use_is_refused(tmp_path: Path, mode: int):
    path = secret_file(tmp_path, b"00D!x", mode)
    with pytest.raises(UsageError, match=f"chmod 600 {path}") as refused:
        SecretRef("file", str(path)).resolve()
    assert "00D!x" not in str(refused.value)


def test_a_missing_variable_is_named():
    with pytest.raises(UsageError, match="env:TOKEN: the environment variable TOKEN is not set: set it"):
        SecretRef("env", "TOKEN").resolve({})


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(UsageError, match=f"file:{tmp_path}/none: No such file or directory: put the secret there"):
        SecretRef("file", str(tmp_path / "none")).resolve()


def test_a_folder_is_no_secret(tmp_path: Path):
    with pytest.raises(UsageError, match="Is a directory"):
        SecretRef("file", str(tmp_path)).resolve()


def test_credentials_without_systemd_say_how_to_start():
    with pytest.raises(UsageError, match="CREDENTIALS_DIRECTORY is not set: start by systemd, with LoadCredential=token:PATH"):
        SecretRef("credential", "token").resolve({})


@pytest.mark.parametrize("empty", ["", "\n", "\r\n\n"])
def test_an_empty_secret_is_refused(empty: str):
    with pytest.raises(UsageError, match="env:TOKEN is empty"):
        SecretRef("env", "TOKEN").resolve({"TOKEN": empty})


def test_a_secret_that_is_no_text_is_refused_without_its_bytes(tmp_path: Path):
    path = secret_file(tmp_path, b"00D!\xff\xfe")
    with pytest.raises(UsageError, match="not UTF-8 text") as refused:
        SecretRef("file", str(path)).resolve()
    assert "00D" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_link_leads_to_the_file_whose_rights_count(tmp_path: Path):
    path = secret_file(tmp_path, b"00D!x", 0o600)
    (tmp_path / "link").symlink_to(path)
    assert SecretRef("file", str(tmp_path / "link")).resolve() == "00D!x"
    path.chmod(0o640)
    with pytest.raises(UsageError, match="others than its owner can read it"):
        SecretRef("file", str(tmp_path / "link")).resolve()


def test_a_link_to_nothing_is_named(tmp_path: Path):
    (tmp_path / "link").symlink_to(tmp_path / "none")
    with pytest.raises(UsageError, match="No such file or directory: put the secret there"):
        SecretRef("file", str(tmp_path / "link")).resolve()


def test_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(UsageError, match="it is no file, but a pipe or device"):
        SecretRef("file", str(tmp_path / "pipe")).resolve()


@pytest.mark.parametrize("folder", [0o755, 0o701])
def test_a_credential_that_everybody_can_read_is_refused(tmp_path: Path, folder: int):
    secret_file(tmp_path, b"00D!x\n", mode=0o444)
    tmp_path.chmod(folder)
    with pytest.raises(UsageError, match="credential:token: everybody can read it: chmod 400"):
        SecretRef("credential", "token").resolve({"CREDENTIALS_DIRECTORY": str(tmp_path)})


@pytest.mark.parametrize("folder", [0o700, 0o750])
def test_a_credential_in_a_folder_that_not_everybody_can_enter_is_fine(tmp_path: Path, folder: int):
    secret_file(tmp_path, b"00D!x\n", mode=0o444)
    tmp_path.chmod(folder)
    assert SecretRef("credential", "token").resolve({"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "00D!x"


@pytest.mark.parametrize("kind", ["file", "credential"])
def test_a_folder_in_the_place_of_a_secret_is_said(tmp_path: Path, kind: Source):
    (tmp_path / "token").mkdir()
    name = str(tmp_path / "token") if kind == "file" else "token"
    with pytest.raises(UsageError, match=f"^{kind}:.*Is a directory"):
        SecretRef(kind, name).resolve({"CREDENTIALS_DIRECTORY": str(tmp_path)})


def test_a_variable_that_is_no_text_is_refused_without_its_bytes():
    with pytest.raises(UsageError, match="env:TOKEN: it is not UTF-8 text") as refused:
        SecretRef("env", "TOKEN").resolve({"TOKEN": "00D!\udcff"})
    assert "00D" not in str(refused.value)
    assert SecretRef("env", "TOKEN").resolve({"TOKEN": "00D!é"}) == "00D!é"
