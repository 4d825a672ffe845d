from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.sources import elsewhere
from tests.sources.servers import S3Server, SftpServer, s3_server, sftp_server

Server = SftpServer | S3Server


@pytest.fixture(autouse=True)
def no_connection_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "_CONNECTIONS", {})


@pytest.fixture(scope="session")
def started_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("home")) as served:
        yield served


@pytest.fixture
def sftp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SftpServer]:
    (tmp_path / "files").mkdir()
    with sftp_server(tmp_path / "files", tmp_path / "home") as served:
        let_in(served, monkeypatch)
        yield served


@pytest.fixture
def s3(started_s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    let_in(started_s3, monkeypatch)
    return started_s3


@pytest.fixture(params=["sftp", "s3"])
def server(request: pytest.FixtureRequest) -> Server:
    served: Server = request.getfixturevalue(request.param)
    return served


def let_in(served: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in served.environ.items():
        monkeypatch.setenv(name, value)
