"""Any file, opened by the name that stands in reports."""

from contextlib import AbstractContextManager
from pathlib import Path

from pipeline.sources.disk import opened_here
from pipeline.sources.source import Source


def opened(name: str) -> AbstractContextManager[Source]:
    """Open a file for reading. Raises InputError if it isn't there, is no file or can't be read, now or later."""
    return opened_here(Path(name))
