"""Files on the disks of this machine."""

import difflib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from pipeline.errors import InputError


class DiskFile:
    """An open file, of which the system knows more than its name."""

    def __init__(self, file: FileIO) -> None:
        state = os.fstat(file.fileno())
        self.size = state.st_size
        self.version = f"{state.st_dev}-{state.st_ino}-{state.st_mtime_ns}"
        self._file = file

    def read(self, offset: int, size: int) -> bytes:
        """Return so many bytes from an offset on, or fewer; none only at the end."""
        self._file.seek(offset)
        return self._file.read(size)


@contextmanager
def opened_here(path: Path) -> Iterator[DiskFile]:
    """Open a file for reading; whatever the system says against that, now or later, is an InputError."""
    try:
        mode = path.stat().st_mode
        if not S_ISREG(mode):
            raise InputError(f"{path}: is {'a folder' if S_ISDIR(mode) else 'no regular file'}; give a file")
        with path.open("rb", buffering=0) as file:
            yield DiskFile(file)
    except FileNotFoundError:
        raise InputError(f"{path}: not found{_nearest(path)}") from None
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}") from None


def _nearest(path: Path) -> str:
    """Name what was probably meant."""
    if not path.parent.is_dir():
        return f": there is no folder {path.parent}"
    names = [entry.name for entry in path.parent.iterdir()]
    near = difflib.get_close_matches(path.name, names, 1)
    return f"; did you mean {near[0]}?" if near else "; check the path"
