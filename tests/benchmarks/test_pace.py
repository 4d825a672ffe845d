import pytest

from benchmarks.pace import fullness


def test_a_pipe_that_is_always_full_is_at_the_ideal():
    starts = [number * 1.5 / 25 for number in range(400)]
    bunches = [number // 25 * 1.5 for number in range(400)]
    assert fullness(starts, 25, 1.5) == pytest.approx(1.0)
    assert fullness(bunches, 25, 1.5) == pytest.approx(1.0)


def test_what_begins_slowly_counts_only_from_the_moment_on_at_which_it_could_be_full():
    starts = [*(number * 1.0 for number in range(50)), *(60 + number * 1.5 / 20 for number in range(300))]
    assert fullness(starts, 25, 1.5) == pytest.approx(0.8)
