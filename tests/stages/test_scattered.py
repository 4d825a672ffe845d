import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.aside import heaps
from pipeline.model.record import MEMBER
from pipeline.stages.reporter import scattered
from pipeline.stages.reporter.scattered import in_order

PLACES = st.builds(lambda line, number: line + number * MEMBER, st.integers(1, 200), st.integers(0, 3))


@given(st.lists(PLACES, unique=True), st.integers(1, 6), st.sampled_from([20, 10**6]))
def test_lines_come_in_the_order_of_their_file_each_row_with_its_records(tmp_path_factory, places, together, in_memory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scattered, "_TOGETHER", together)
        patch.setattr(heaps, "IN_MEMORY", in_memory)
        text = b"".join(in_order(((at, f"{at},ü\n") for at in places), tmp_path_factory.getbasetemp())).decode()
    expected = sorted(places, key=lambda at: (at % MEMBER, at))
    assert text == "".join(f"{at},ü\n" for at in expected)


def test_it_holds_few_of_them_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(scattered, "_TOGETHER", 8)
    monkeypatch.setattr(heaps, "IN_MEMORY", 50_000)
    most = []
    for rows in (5_000, 40_000):
        tracemalloc.start()
        pieces = in_order(((at * 7919 % 40_009, "x" * 100) for at in range(1, rows)), tmp_path)
        assert sum(map(len, pieces)) == 100 * (rows - 1)
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert most[1] - most[0] < 35_000 * 100 / 4
