import subprocess
import sys
from pathlib import Path

from benchmarks import gzipped

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "gzipped.py"


def test_runs_with_and_without_are_measured(tmp_path: Path):
    arguments = ["--rows", "300", "--runs", "1", "--folder", str(tmp_path / "var")]
    ran = subprocess.run([sys.executable, str(PROGRAM), *arguments], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert [line.split(":")[0] for line in ran.stdout.splitlines()] == [*(f"level {n}" for n in gzipped.LEVELS), "run"]
    assert not list((tmp_path / "var").iterdir())


def test_the_bodies_are_those_of_requests():
    *full, last = gzipped.bodies(450)
    assert [body.count(b'"referenceId"') for body in (*full, last)] == [200, 200, 50]


def test_a_higher_level_leaves_fewer_bytes():
    assert gzipped.alone(400, 6)[1] < gzipped.alone(400, 1)[1] < 0.4
