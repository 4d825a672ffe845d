import multiprocessing
from pathlib import Path

import pytest

from pipeline.errors import JournalError, LockHeld
from pipeline.journal.known_folders import known, remember
from pipeline.journal.place import file_system, journals, lock, prepare

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /data nfs4 rw 0 0
/dev/sdb1 /data/local ext4 rw 0 0
//server/share /mnt/with\\040space cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("/home/x", "ext4"), ("/data/x/y", "nfs4"), ("/data/local/z", "ext4"), ("/mnt/with space/a", "cifs"), ("/database", "ext4")],
)
def test_the_nearest_mount_point_tells_the_file_system(folder, kind):
    assert file_system(Path(folder), mounts=MOUNTS) == kind


def test_a_network_file_system_is_refused(tmp_path, monkeypatch):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/x {tmp_path} nfs rw 0 0\n")
    monkeypatch.setattr("pipeline.journal.place._MOUNTS", mounts)
    with pytest.raises(JournalError, match=r"network file system \(nfs\)"):
        prepare(tmp_path / "state")


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match=r"can't be made .* job\.state"):
        prepare(tmp_path / "file" / "state")


def _hold(folder: Path, held, done) -> None:
    with lock(folder):
        held.set()
        done.wait(30)


def test_one_process_at_a_time_and_a_dead_one_holds_nothing(tmp_path):
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(tmp_path, held, done))
    holder.start()
    assert held.wait(30)
    with pytest.raises(LockHeld, match=f"process {holder.pid}"), lock(tmp_path):
        pass
    holder.kill()
    holder.join(30)
    with lock(tmp_path):
        pass


def test_the_newest_journal_comes_first(tmp_path):
    for name in ("20261121-1.journal", "20261122-1.journal", "lock", "20261120-9.journal-wal"):
        (tmp_path / name).touch()
    assert [path.name for path in journals(tmp_path)] == ["20261122-1.journal", "20261121-1.journal"]


def test_state_folders_are_remembered_once_and_forgotten_when_they_are_gone(tmp_path):
    environ = {"XDG_STATE_HOME": str(tmp_path / "xdg")}
    here, gone = tmp_path / "here", tmp_path / "gone"
    here.mkdir()
    gone.mkdir()
    for folder in (here, gone, here):
        remember(folder, environ)
    gone.rmdir()
    assert known(environ) == [here]


def test_a_list_that_cannot_be_kept_disturbs_nothing(tmp_path):
    (tmp_path / "file").touch()
    remember(tmp_path, {"XDG_STATE_HOME": str(tmp_path / "file")})
    assert known({"XDG_STATE_HOME": str(tmp_path / "file")}) == []
    assert known({}) == []
