"""A few rounds of chaos; `poe chaos` plays as many as one likes."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.shapes import WAYS

TOP = Path(__file__).parents[2]


@pytest.mark.parametrize("way", WAYS)
def test_whatever_happens_nothing_is_twice_and_nothing_lost(way):
    command = [sys.executable, "-m", "tests.chaos.chaos", "--way", way, "--rounds", "3", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110, cwd=TOP)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 rounds from seed 1" in done.stdout
