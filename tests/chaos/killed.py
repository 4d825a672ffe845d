"""The real command, killed from within: `python killed.py N ARGS...` is `treeload ARGS...` until the journal's Nth statement.

Each statement to SQLite is a step: BEGIN, what stands between, COMMIT. The kill comes just before the Nth one begins.
"""

import os
import signal
import sqlite3
import sys
from pathlib import Path

from pipeline.cli import main
from pipeline.journal import scribe

STEPS = int(sys.argv.pop(1))
connect = scribe.connect


def counted(path: Path) -> sqlite3.Connection:
    """Open the journal, and count its statements down."""
    db = connect(path)
    left = STEPS

    def step(_: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    db.set_trace_callback(step)
    return db


if __name__ == "__main__":
    scribe.connect = counted
    main()
