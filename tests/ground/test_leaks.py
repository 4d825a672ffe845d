"""What looks for secrets finds them."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pipeline.simulator import ConnectedApp, Org, equip
from tests.leaks import leaks, leaks_below


@pytest.mark.parametrize("tokens", ["opaque", "jwt"])
def test_the_tokens_of_the_embedded_org_are_known(tokens):
    org = Org(app=ConnectedApp(tokens=tokens))
    assert leaks(f"Authorization: Bearer {org.token}".encode())
    assert leaks(org.app.authorise().encode())
    org.close()


def test_keys_are_known(tmp_path: Path):
    equip(tmp_path, rotates=False)
    assert leaks((tmp_path / "app.key").read_bytes())


def test_what_is_no_secret_is_none():
    assert leaks(b'{"id":"00DSM0000000001UAA","client":"treeload/0.1.0","version":"eyJ.x.y"}\nembedded') == []


def test_what_commands_leave_is_looked_through():
    with TemporaryDirectory() as name:  # not among the folders of tests, where this would be a find
        folder = Path(name, "test_x")
        (folder / "reports" / "latest").mkdir(parents=True)
        (folder / "secrets").mkdir()
        (folder / "reports" / "latest" / "results.csv").write_text("2,s3cret\n")
        (folder / "secrets" / "token").write_text("s3cret\n")
        [(path, found)] = leaks_below(Path(name))
    assert (path.name, found) == ("results.csv", [b"s3cret"])
