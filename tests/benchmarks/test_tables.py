from benchmarks.measure import Cost
from benchmarks.tables import Measured, markdown, plain

MEASURED = Measured(
    "csv",
    200_000,
    {
        "treeload": [Cost(1.0, 1.1, 40.0), Cost(1.2, 1.3, 44.0), Cost(3.0, 2.0, 42.0)],
        "naive": [Cost(2.0, 2.1, 200.0), Cost(3.0, 3.1, 210.0), Cost(5.0, 4.0, 220.0)],
    },
)


def test_costs_are_medians_per_100k_rows_and_ratios_are_taken_run_by_run():
    *_, treeload, naive = markdown([MEASURED]).splitlines()
    assert treeload == "| csv | 200,000 | treeload | 0.60 | 0.50 - 1.50 | 0.50 | 0.40 - 0.60 | 1.3 | 42 |"
    assert naive == "| csv | 200,000 | naive | 1.50 | 1.00 - 2.50 |  |  | 3.1 | 210 |"


def test_one_loader_alone_has_no_ratio():
    alone = Measured("csv", 200_000, {"treeload": MEASURED.costs["treeload"]})
    assert "| 0.50 - 1.50 |  |  |" in markdown([alone])


def test_plain_columns_stand_under_each_other():
    assert len(set(map(len, plain([MEASURED]).splitlines()))) == 1
