"""A secret that is replaced: by one at a time, and whole or not at all, wherever a command is killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config import KeptSecret, SecretRef
from pipeline.config.secret import Source
from pipeline.errors import UsageError

KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline.config import KeptSecret, SecretRef, kept_secret

left = int(sys.argv[2])


def step(frame, event, _):
    global left
    if frame.f_code.co_filename != kept_secret.__file__:
        return None
    if event == "line":
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return step


secret = KeptSecret(SecretRef("file", sys.argv[1]))
release = secret.hold()
sys.settrace(step)
secret.keep("new")
"""
HELD = """
import sys
from pipeline.config import KeptSecret, SecretRef

secret = KeptSecret(SecretRef("file", sys.argv[1]))
for _ in range(200):
    release = secret.hold()
    secret.keep(str(int(secret.read()) + 1))
    release()
"""


def kept(path: Path) -> KeptSecret:
    return KeptSecret(SecretRef("file", str(path)))


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_bytes(b"old\n")
    path.chmod(0o600)
    return path


def test_a_secret_is_replaced_whole_and_for_its_owner_only_and_a_link_stays(token: Path):
    (token.parent / "link").symlink_to(token)
    kept(token.parent / "link").keep("new")
    assert kept(token).read() == "new"
    assert token.stat().st_mode & 0o777 == 0o600
    assert (token.parent / "link").is_symlink()
    assert sorted(each.name for each in token.parent.iterdir()) == ["link", "token"]


def test_a_kill_at_any_line_leaves_the_old_or_the_new_one_and_nothing_else(token: Path):
    seen = []
    for line in range(100):
        token.write_bytes(b"old\n")
        died = subprocess.run([sys.executable, "-c", KILLED, token, str(line)], check=False).returncode
        seen.append(kept(token).read())
        assert [each.name for each in token.parent.iterdir()] == ["token"]
        if died == 0:
            break
    else:
        pytest.fail("it never came to its end")
    assert seen == sorted(seen, reverse=True), "once it is there it stays"
    assert {*seen} == {"old", "new"}


def test_what_was_left_half_is_not_taken(token: Path):
    (token.parent / ".token.new").write_bytes(b"ne")
    (token.parent / ".token.new").chmod(0o600)
    assert kept(token).read() == "old"
    assert [each.name for each in token.parent.iterdir()] == ["token"]


def test_what_somebody_else_could_have_put_there_is_not_taken(token: Path):
    (token.parent / ".token.new").write_bytes(b"theirs\n")
    (token.parent / ".token.new").chmod(0o666)
    assert kept(token).read() == "old"


def test_commands_use_it_one_after_the_other(token: Path):
    token.write_bytes(b"0\n")
    both = [subprocess.Popen([sys.executable, "-c", HELD, token]) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    assert kept(token).read() == "400"


@pytest.mark.parametrize("source", ["env", "credential"])
def test_only_a_file_can_be_rewritten(source: Source):
    secret = KeptSecret(SecretRef(source, "X"))
    secret.hold()()
    with pytest.raises(UsageError, match="can't be rewritten: name a file") as refused:
        secret.keep("s3cret")
    assert "s3cret" not in str(refused.value)


def test_a_folder_that_is_not_there_takes_no_secret(tmp_path: Path):
    secret = kept(tmp_path / "none" / "token")
    secret.hold()()
    with pytest.raises(UsageError, match="No such file or directory: let this user write"):
        secret.keep("s3cret")
