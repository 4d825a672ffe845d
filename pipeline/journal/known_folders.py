"""Where this user's journals lie, so that `treeload status` finds runs without being told. Loading never depends on it."""

from collections.abc import Mapping
from pathlib import Path


def _list(environ: Mapping[str, str]) -> Path | None:
    """Follow the XDG base directories: https://specifications.freedesktop.org/basedir-spec/latest/."""
    if state := environ.get("XDG_STATE_HOME"):
        return Path(state) / "treeload" / "folders"
    if home := environ.get("HOME"):
        return Path(home) / ".local" / "state" / "treeload" / "folders"
    return None


def remember(folder: Path, environ: Mapping[str, str]) -> None:
    """Add a state folder to the list; where it can't be written there is none."""
    path = _list(environ)
    if path is None or folder in known(environ):
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as out:
            out.write(f"{folder}\n")
    except OSError:
        return


def known(environ: Mapping[str, str]) -> list[Path]:
    """Return the state folders on the list that still exist."""
    path = _list(environ)
    try:
        lines = path.read_text("utf-8").splitlines() if path else []
    except OSError:
        return []
    return [folder for line in dict.fromkeys(lines) if (folder := Path(line)).is_dir()]
