import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).resolve().parents[2] / "benchmarks" / "run.py"


def test_the_naive_script_is_measured_against_the_stub_from_any_folder(tmp_path: Path):
    arguments = ["--only", "naive", "--rows", "300", "--runs", "1", "--markdown", "--folder", str(tmp_path / "var")]
    ran = subprocess.run([sys.executable, str(RUN), *arguments], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert [line.split(" | ")[:3] for line in ran.stdout.splitlines()[2:]] == [
        ["| csv", "300", "naive"],
        ["| jsonl", "300", "naive"],
    ]
    assert not list((tmp_path / "var").iterdir())
