"""Real servers that hold files, each a process of its own: SFTP by asyncssh, S3 by moto."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s3fs import S3FileSystem

PASSWORD = "open sesame"
"""The SFTP server lets in anybody who knows it."""


@dataclass(frozen=True, slots=True)
class SftpServer:
    """Serves a folder."""

    folder: Path
    port: int
    environ: Mapping[str, str]
    """With this a client is let in."""
    process: subprocess.Popen

    @property
    def address(self) -> str:
        return f"sftp://127.0.0.1:{self.port}"

    def put(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return f"{self.address}/{name}"

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass(frozen=True, slots=True)
class S3Server:
    """Serves the bucket `exports`."""

    port: int
    environ: Mapping[str, str]
    """With this a client is let in."""

    address = "s3://exports"

    def put(self, name: str, content: bytes) -> str:
        self.client().pipe_file(f"exports/{name}", content)
        return f"{self.address}/{name}"

    def client(self) -> Any:
        login = {"key": self.environ["AWS_ACCESS_KEY_ID"], "secret": self.environ["AWS_SECRET_ACCESS_KEY"]}
        return S3FileSystem(endpoint_url=self.environ["AWS_ENDPOINT_URL"], use_listings_cache=False, **login)


@contextmanager
def sftp_server(folder: Path, home: Path, port: int = 0) -> Iterator[SftpServer]:
    """Serve a folder to who has that home; the same home and port again are the same server."""
    with _started("sftp_server.py", str(folder), str(home), str(port), PASSWORD) as (process, at):
        yield SftpServer(folder, at, {"HOME": str(home)}, process)


@contextmanager
def s3_server(home: Path) -> Iterator[S3Server]:
    with _started("s3_server.py") as (_, at):
        served = S3Server(
            at,
            {
                "HOME": str(home),
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{at}",
                "AWS_ACCESS_KEY_ID": "testing",
                "AWS_SECRET_ACCESS_KEY": "not-to-be-shown",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_MAX_ATTEMPTS": "1",
            },
        )
        served.client().mkdir("exports")
        yield served


@contextmanager
def _started(program: str, *arguments: str) -> Iterator[tuple[subprocess.Popen, int]]:
    """Start a server and wait until it says its port."""
    command = [sys.executable, str(Path(__file__).with_name(program)), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()
