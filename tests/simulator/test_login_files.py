from pathlib import Path

import pytest

from pipeline.simulator import equip

FILES = ["app.crt", "app.key", "client.secret", "refresh.token"]


def test_all_that_a_client_needs_is_there_for_its_owner_only(tmp_path: Path):
    app = equip(tmp_path / "logins", rotates=True)
    assert sorted(path.name for path in (tmp_path / "logins").iterdir()) == FILES
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "logins").iterdir()} == {0o600}
    assert (tmp_path / "logins").stat().st_mode & 0o777 == 0o700
    assert app.client_secret == (tmp_path / "logins/client.secret").read_text().strip()
    assert app.use((tmp_path / "logins/refresh.token").read_text().strip())


def test_what_is_there_is_taken_over(tmp_path: Path):
    first = equip(tmp_path, rotates=True)
    (tmp_path / "refresh.token").write_text("what a client has put there\n")
    again = equip(tmp_path, rotates=True)
    assert (again.client_secret, again.certificate) == (first.client_secret, first.certificate)
    assert again.refresh_tokens == {"what a client has put there"}


def test_an_empty_file_is_said(tmp_path: Path):
    (tmp_path / "client.secret").touch()
    with pytest.raises(ValueError, match=r"client\.secret: is empty: remove it"):
        equip(tmp_path, rotates=False)
