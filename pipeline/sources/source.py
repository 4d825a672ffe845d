"""What a file is to those who read it, wherever it lies."""

from typing import Protocol

from pipeline.errors import InputError


class Source(Protocol):
    """A file that is open. Whatever goes wrong with it is an InputError."""

    size: int
    """Bytes, when it was opened."""
    version: str
    """Changes with the file's content, as far as its place can tell."""

    def read(self, offset: int, size: int) -> bytes:
        """Return so many bytes from an offset on, or fewer; none only at the end."""
        ...


def changed(name: str) -> InputError:
    """Return what stops a run whose file is no longer the one that was inspected."""
    return InputError(f"{name}: changed since it was inspected; start again once it is complete")
