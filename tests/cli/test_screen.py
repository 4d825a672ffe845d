import os
import pty
import re
import subprocess


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
