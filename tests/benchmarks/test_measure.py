import os
import sys
from pathlib import Path

import pytest

from benchmarks.measure import Failed, measure


def test_the_peak_is_that_of_the_process_itself(tmp_path: Path):
    program = "block = bytes(range(256)) * 1_000_000"  # 256 MB
    cost = measure([sys.executable, "-c", program], environment=os.environ, errors=tmp_path / "errors")
    assert 256 < cost.peak < 400


def test_work_costs_cpu(tmp_path: Path):
    program = "import time\nwhile time.process_time() < 0.2: pass"
    cost = measure([sys.executable, "-c", program], environment=os.environ, errors=tmp_path / "errors")
    assert cost.cpu >= 0.2


def test_a_process_that_fails_is_not_measured(tmp_path: Path):
    program = "import sys; sys.exit('the last words')"
    with pytest.raises(Failed, match=r"exit code 1(.|\n)*the last words"):
        measure([sys.executable, "-c", program], environment=os.environ, errors=tmp_path / "errors")
