"""The real command loads files that lie behind real servers: once, to the row, and resumed after `kill -9`."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.simulator import ledger
from tests.cli.conftest import PEOPLE
from tests.sources.servers import PASSWORD, S3Server, SftpServer, s3_server, sftp_server

Server = SftpServer | S3Server
ROWS = 40_000
"""Of 60 bytes: more than two chunks of the reader."""


@pytest.fixture(params=["sftp", "s3"])
def server(request, tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "files").mkdir()
    with (
        sftp_server(tmp_path / "files", tmp_path / "home") if request.param == "sftp" else s3_server(tmp_path / "home") as started
    ):
        yield started


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[SftpServer]:
    (tmp_path / "files").mkdir()
    with sftp_server(tmp_path / "files", tmp_path / "home") as started:
        yield started


@pytest.fixture
def job(desk, served):
    """Make a job for many rows, into an org that outlives the command."""
    desk.write(
        "big.toml",
        '[job]\nobject = "Contact"\nstate = "state"\nreports = "reports"\n'
        f'[org]\nurl = "{served.url}"\n[org.auth]\nkind = "access_token"\ntoken = "env:ORG_TOKEN"\n'
        '[send]\nconcurrency = 8\nrequests_per_second = 0\n[mapping]\nkey = "Import_Key__c"\n[evidence]\nwindow = 1\n',
    )
    return desk


SLOWLY = ("--set", "send.requests_per_second=30")
"""So that the last bytes are not read before somebody has had the time to change or take away the file."""


def rows(of: int = ROWS) -> bytes:
    return b"Import_Key__c,LastName,Email\n" + b"".join(
        f"K{n:07d},Person of some length {n:07d},p{n:07d}@example.org\n".encode() for n in range(of)
    )


def start(desk, served, server: Server, name: str, *options: str) -> subprocess.Popen:
    environ = desk.environ | server.environ | {"ORG_TOKEN": served.token}
    command = desk.command("run", "big.toml", "--input", name, *options)
    return subprocess.Popen(command, cwd=desk.folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def created(served) -> list[str]:
    """List the key of each record that the org really has."""
    transactions = ledger.read(served.ledger) if served.ledger.exists() else ()
    return [record.fields["Import_Key__c"] for transaction in transactions for record in transaction.records]


def wait_for(served, records: int) -> None:
    deadline = time.monotonic() + 60
    while len(created(served)) < records:
        assert time.monotonic() < deadline, "the run makes no progress"
        time.sleep(0.01)  # noqa: TID251 - another process is watched


def test_files_elsewhere_are_found_unpacked_and_loaded_once(desk, server):
    head, *lines = PEOPLE.encode().splitlines(keepends=True)
    server.put("exports/b.csv", head + lines[2])
    first = server.put("exports/a.csv", head + b"".join(lines[:2]))
    desk.write("people.toml", (desk.folder / "people.toml").read_text().replace("people.csv", f"{server.address}/exports/*.csv"))
    ran = desk.treeload("run", "people.toml", **server.environ)
    assert ran.code == 0, ran
    assert [(row["file"], row["line"], row["state"]) for row in desk.results()] == [
        ("a.csv", "2", "created"),
        ("a.csv", "3", "created"),
        ("b.csv", "2", "created"),
    ]
    assert desk.summary()["files"][0]["path"] == first
    again = desk.treeload("run", "people.toml", **server.environ)
    assert (again.code, again.out.startswith("Nothing was sent")) == (0, True)


def test_killed_in_the_middle_and_started_again_nothing_is_twice_and_nothing_missing(job, served, server):
    name = server.put("big.csv", rows())
    for records in (4_000, 12_000):
        with start(job, served, server, name) as process:
            wait_for(served, records)
            process.send_signal(signal.SIGKILL)
    with start(job, served, server, name) as process:
        out, err = process.communicate(timeout=100)
    assert process.returncode == 0, (out, err)
    assert sorted(created(served)) == [f"K{n:07d}" for n in range(ROWS)]
    assert [row["line"] for row in job.results()] == [str(line) for line in range(2, ROWS + 2)]
    assert job.summary()["balanced"]


def test_a_server_that_is_gone_in_the_middle_ends_the_run_in_order_and_the_same_command_goes_on(job, served, sftp):
    name = sftp.put("big.csv", rows())
    with start(job, served, sftp, name, *SLOWLY) as process:
        wait_for(served, 200)
        sftp.end()
        out, err = process.communicate(timeout=100)
    assert process.returncode == 5, (out, err)
    assert b"Stopped early: " + name.encode() + b": can't be reached: " in out
    assert job.summary()["balanced"]
    assert job.summary()["totals"]["in_doubt"] == 0
    with sftp_server(sftp.folder, job.folder / "home", sftp.port), start(job, served, sftp, name) as process:
        out, err = process.communicate(timeout=100)
    assert process.returncode == 0, (out, err)
    assert sorted(created(served)) == [f"K{n:07d}" for n in range(ROWS)]


def test_a_password_is_found_where_fsspec_looks_for_it_and_shown_nowhere(desk, sftp):
    name = sftp.put("people.csv", PEOPLE.encode())
    (desk.folder / "home/.ssh/id_ed25519").unlink()
    login = {"FSSPEC_SFTP_USERNAME": "somebody", "FSSPEC_SFTP_PASSWORD": PASSWORD}
    ran = desk.treeload("run", "people.toml", "--input", name, **sftp.environ, **login)
    assert ran.code == 0, ran
    assert PASSWORD not in ran.out + ran.err
    refused = desk.treeload("run", "people.toml", "--input", name, **sftp.environ, **login | {"FSSPEC_SFTP_PASSWORD": "hunter2"})
    assert refused.code == 8
    [line] = refused.complaints
    assert line.startswith(f"treeload: {name}: may not be read by whom the keys here stand for (")
    assert "hunter2" not in refused.err


def test_a_file_that_changes_in_the_middle_stops_the_run(job, served, server):
    name = server.put("big.csv", rows())
    with start(job, served, server, name, *SLOWLY) as process:
        wait_for(served, 200)
        server.put("big.csv", rows(ROWS + 1))
        _, err = process.communicate(timeout=100)
    assert process.returncode == 8
    assert f"{name}: changed since it was inspected" in err.decode()


def test_a_missing_file_is_told_in_one_line(desk, server):
    ran = desk.treeload("run", "people.toml", "--input", f"{server.address}/people.csv", **server.environ)
    assert (ran.code, ran.complaints) == (8, [f"treeload: {server.address}/people.csv: not found; check the address"])
    assert "not-to-be-shown" not in ran.out + ran.err


def test_a_host_that_is_not_there_can_be_tried_again_later(desk, sftp):
    sftp.end()
    ran = desk.treeload("run", "people.toml", "--input", f"{sftp.address}/people.csv", **sftp.environ)
    assert ran.code == 5
    [line] = ran.complaints
    assert line.startswith(f"treeload: {sftp.address}/people.csv: can't be reached: ")


@pytest.mark.parametrize("scheme", ["s3", "sftp"])
def test_without_the_extra_it_is_said_what_to_install(desk, scheme):
    hidden = f"import sys; sys.modules['{'s3fs' if scheme == 's3' else 'sshfs'}'] = None; from pipeline.cli import main; main()"
    command = [sys.executable, "-c", hidden, "run", "people.toml", "--input", f"{scheme}://somewhere/x.csv"]
    ran = subprocess.run(command, cwd=desk.folder, env=desk.environ, capture_output=True, text=True, check=False, timeout=100)
    assert ran.returncode == 2
    assert ran.stderr == (
        f"treeload: {scheme}://somewhere/x.csv: what reads {scheme}:// is not installed: pip install 'treeload[{scheme}]'\n"
    )


def test_a_secret_in_an_address_is_refused_and_not_repeated(desk):
    ran = desk.treeload("run", "people.toml", "--input", "sftp://me:hunter2@host/x.csv")
    assert ran.code == 2
    [line] = ran.complaints
    assert line.startswith("treeload: the address of an input file must not hold a secret, for addresses stand in reports")
    assert "hunter2" not in ran.out + ran.err
