import asyncio
import os
import pty
import re
import subprocess
from datetime import UTC, datetime, timedelta

import orjson

from pipeline import logs
from pipeline.cli.screen import counts, watched
from pipeline.clock import SystemClock
from pipeline.model.tally import Tally


class ThreeLines(SystemClock):
    """A clock that ends the display after its third pause."""

    def __init__(self):
        self.slept = []

    async def sleep(self, seconds):
        self.slept.append(seconds)
        if len(self.slept) > 3:
            await asyncio.Event().wait()


async def test_without_a_terminal_a_line_of_json_tells_every_30_seconds_how_far_it_is(capsys):
    logs.configure(quiet=False)
    clock, tally = ThreeLines(), Tally(bytes_total=100, bytes_read=50, rows_read=10, created=8, rejected=1, in_flight=1)

    async def work():
        while len(clock.slept) <= 3:
            await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0)
        return "done"

    assert await watched(work(), tally, clock) == "done"
    lines = [orjson.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert clock.slept[:3] == [30, 30, 30]
    assert len(lines) == 3
    assert (
        lines[0] | {"event": "progress", "rows": 10, "created": 8, "rejected": 1, "in_flight": 1, "read_percent": 50} == lines[0]
    )


def on_a_terminal(desk, *args: str, **environ: str) -> tuple[int, str]:
    """Run the command with a terminal as its stderr; return the exit code and what the terminal got."""
    ours, theirs = pty.openpty()
    environ = desk.environ | {"TERM": "xterm-256color", "COLUMNS": "140"} | environ
    with subprocess.Popen(desk.command(*args), cwd=desk.folder, env=environ, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                piece = os.read(ours, 1 << 16)
            except OSError:  # the other end was closed
                break
            seen += piece
    os.close(ours)
    return process.returncode, seen.decode("utf-8", "replace")


def test_a_terminal_sees_a_live_bar_and_no_log_lines(desk, served):
    desk.write("people.csv", "Last Name\n" + "".join(f"Person {n}\n" for n in range(2000)))
    desk.write("token", served.token + "\n").chmod(0o600)
    login = ("--set", f"org.url={served.url}", "--set", "org.auth.kind=access_token", "--set", "org.auth.token=file:token")
    code, seen = on_a_terminal(desk, "run", "people.toml", *login, "--set", "send.requests_per_second=8")
    assert code == 0
    assert "loading" in seen
    assert re.search(r"[\d,]+ read, [\d,]+ created, 0 rejected, \d+ in flight, [\d,]+/s", seen)
    assert re.search(r"\d+ s left", seen)
    assert '"event"' not in seen


def test_no_color_means_no_color(desk):
    _, seen = on_a_terminal(desk, "run", "people.toml", NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", seen)


def test_a_run_that_waits_for_evidence_says_how_long_and_for_how_many_rows():
    now = datetime(2026, 11, 24, tzinfo=UTC)
    tally = Tally(created=800, in_doubt=200, waits_for=200, waits_until=now + timedelta(seconds=432))
    assert counts(tally, 5.0, now) == (
        "800 created, 0 rejected, 200 in doubt: asking the org for 7 min 12 s more at most (Ctrl-C stops)"
    )
    tally.waits_until = None
    assert "asking" not in counts(tally, 5.0, now)


def test_a_run_that_waits_for_calls_says_so():
    said = counts(Tally(created=800, awaiting_calls=True), 60.0, datetime(2026, 11, 22, tzinfo=UTC))
    assert said.startswith("800 created: the org has no calls left for now")
