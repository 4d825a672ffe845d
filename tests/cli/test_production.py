"""An org in production is asked about, by the real command: at a terminal, without one, and once for a run."""

import os
import pty
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Served, serving

MAKE = "openssl req -x509 -newkey ed25519 -nodes -days 2 -subj /CN=org -addext subjectAltName=IP:127.0.0.1"
TOLD = "Embedded Org ({url}, Enterprise Edition) is in production"


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    if not shutil.which("openssl"):
        pytest.skip("needs the command openssl")
    made, key = str(tmp_path / "org.pem"), str(tmp_path / "key.pem")
    subprocess.run([*MAKE.split(), "-keyout", key, "-out", made], check=True, capture_output=True)
    return made, key


@contextmanager
def org(desk, certificate: tuple[str, str], *options: str) -> Iterator[tuple[Served, dict[str, str]]]:
    """Serve an org by https, as one that isn't on this machine is reached; get what the command needs of the environment."""
    with serving(desk, "--tls", *certificate, *options) as served:
        auth = f'url = "{served.url}"\nauth = {{kind = "access_token", token = "env:TOKEN"}}'
        config = (desk.folder / "people.toml").read_text()
        desk.write("people.toml", config.replace('url = "embedded"', auth))
        yield served, {"TOKEN": served.token, "SSL_CERT_FILE": certificate[0]}


@pytest.fixture
def production(desk, certificate):
    with org(desk, certificate, "--edition", "Enterprise Edition") as served:
        yield served


def test_without_a_terminal_it_is_refused_in_one_line_that_says_what_to_add(desk, production):
    served, environ = production
    ran = desk.treeload("run", "people.toml", **environ)
    assert (ran.code, len(ran.complaints)) == (2, 1)
    assert TOLD.format(url=served.url) in ran.complaints[0]
    assert "people.csv (3 rows) to Contact is to be loaded there: nothing was sent." in ran.complaints[0]
    assert "Add --yes, or production = true to [org]" in ran.complaints[0]
    assert served.ledger.read_bytes() == b""
    assert not list((desk.folder / "state").rglob("*.journal"))


@pytest.mark.parametrize("said", [("--yes",), ("--set", "org.production=true")])
def test_it_is_loaded_when_somebody_has_said_that_it_is_meant(desk, production, said):
    _, environ = production
    ran = desk.treeload("run", "people.toml", *said, **environ)
    assert (ran.code, ran.complaints) == (0, [])
    assert desk.summary()["calls"]["describe"] == 1, "and then nobody asks the org what it is"


def test_a_run_that_goes_on_was_confirmed_when_it_began(desk, certificate):
    desk.write("stop.toml", '[[fault]]\ndo = "allowance"\nnth = 2\n')
    with org(desk, certificate, "--edition", "Enterprise Edition", "--faults", "stop.toml") as (_, environ):
        small = ("--set", "send.chunk_records=1")
        assert desk.treeload("run", "people.toml", "--yes", *small, **environ).code == 5
        assert desk.treeload("run", "people.toml", *small, **environ).code == 0
        assert desk.summary()["totals"]["created"] == 3
        again = desk.treeload("run", "people.toml", "--fresh", **environ)
        assert (again.code, "is in production" in again.err) == (2, True)


def test_an_org_for_trying_is_loaded_without_a_word_and_the_question_to_it_is_counted(desk, certificate):
    with org(desk, certificate) as (_, environ):
        ran = desk.treeload("run", "people.toml", **environ)
    assert (ran.code, ran.complaints) == (0, [])
    assert desk.summary()["calls"]["describe"] == 2


def test_an_org_that_does_not_say_what_it_is_counts_as_one_in_production(desk, certificate):
    desk.write("shy.toml", '[[fault]]\ndo = "status"\non = "query"\nstatus = 403\ncode = "INSUFFICIENT_ACCESS"\nmessage = "no"\n')
    with org(desk, certificate, "--faults", "shy.toml") as (served, environ):
        ran = desk.treeload("run", "people.toml", **environ)
    assert ran.code == 2
    assert f"an org that does not say its name ({served.url}) is in production" in ran.complaints[0]


def at_a_terminal(desk, environ: dict[str, str], answer: bytes | signal.Signals) -> tuple[int, str]:
    """Run the command at a terminal, and answer its question."""
    ours, theirs = pty.openpty()
    command = desk.command("run", "people.toml")
    given = desk.environ | environ | {"TERM": "xterm-256color", "COLUMNS": "140"}
    with subprocess.Popen(command, cwd=desk.folder, env=given, stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        seen, answered = b"", False
        while True:
            try:
                seen += os.read(ours, 1 << 16)
            except OSError:  # the other end was closed
                break
            if b"[y/N]" in seen and not answered:
                answered = True
                if isinstance(answer, bytes):
                    os.write(ours, answer)
                else:
                    process.send_signal(answer)
    os.close(ours)
    assert answered, seen
    return process.returncode, seen.decode()


@pytest.mark.parametrize("answer", [b"y\n", b"Yes\n"])
def test_a_yes_at_the_terminal_loads_it(desk, production, answer):
    served, environ = production
    code, seen = at_a_terminal(desk, environ, answer)
    assert TOLD.format(url=served.url) in seen
    assert "Load people.csv (3 rows) to Contact? [y/N]" in seen
    assert code == 0
    assert desk.summary()["totals"]["created"] == 3


@pytest.mark.parametrize("answer", [b"\n", b"n\n", b"yo\n", b"\x04", signal.SIGINT, signal.SIGTERM])
def test_anything_else_sends_nothing_and_nobody_is_kept_waiting(desk, production, answer):
    served, environ = production
    code, seen = at_a_terminal(desk, environ, answer)
    assert code == 2
    assert "not confirmed: nothing was sent" in seen
    assert served.ledger.read_bytes() == b""


@pytest.mark.skipif(not shutil.which("setsid"), reason="needs the command setsid")
@pytest.mark.parametrize(("background", "code", "told"), [("& wait $!", 2, "Add --yes"), ("", 0, "[y/N]")])
def test_in_the_background_of_a_terminal_nobody_is_asked(desk, production, background, code, told):
    _, environ = production
    ours, theirs = pty.openpty()
    line = f"{' '.join(desk.command('run', 'people.toml'))} {background}"
    given = desk.environ | environ | {"TERM": "xterm-256color", "COLUMNS": "140"}
    command = ["setsid", "--ctty", "--wait", "bash", "-mc", line]
    os.write(ours, b"y\n")
    with subprocess.Popen(command, cwd=desk.folder, env=given, stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                seen += os.read(ours, 1 << 16)
            except OSError:  # the other end was closed
                break
    os.close(ours)
    assert told in seen.decode()
    assert process.returncode == code
