import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.isolation import AIMS, all_named, average, calls, none_named, one_named
from benchmarks.measure import Failed
from pipeline.model.outcome import Created

ISOLATION = Path(__file__).resolve().parents[2] / "benchmarks" / "isolation.py"


@pytest.mark.parametrize("manner", [all_named, one_named, none_named])
async def test_a_chunk_without_bad_rows_takes_one_call(manner):
    assert await calls(set(), manner) == 1


async def test_calls_follow_from_how_many_are_named():
    assert await calls({7, 8, 200}, all_named) == 2
    assert await calls({7, 8, 200}, one_named) == 4
    assert await calls({7, 8, 200}, none_named) > 4


@pytest.mark.parametrize("bad", [1, 10, 50])
@pytest.mark.parametrize("manner", AIMS)
async def test_no_manner_takes_more_calls_than_it_should(manner, bad):
    answering, aim = AIMS[manner]
    assert await average(bad, answering, 20) <= aim(bad)


async def test_the_same_rows_are_bad_each_time():
    assert await average(10, none_named, 3) == await average(10, none_named, 3)


async def test_a_round_in_which_a_bad_row_was_created_does_not_count():
    with pytest.raises(Failed, match="not the good ones"):
        await calls({7}, lambda _: Created(dict.fromkeys([f"r1_{line}" for line in range(1, 201)], "0035g00000AAAAAAA4")))


def test_the_table_is_printed_from_any_folder(tmp_path: Path):
    ran = subprocess.run(
        [sys.executable, str(ISOLATION), "--rounds", "1"], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    head, *lines = ran.stdout.splitlines()
    assert head.split("  ")[-1] == "aim"
    assert [line.split()[:3] for line in lines] == [[bad, "2.0", "2"] for bad in ("1", "10", "50")]
    assert ran.stderr == ""
