import pytest

from pipeline.errors import ExitCode
from pipeline.model.summary import Totals
from pipeline.policy.ending import exit_code

GOOD = Totals(lines_read=5, blank=1, rows=4, eligible=4, created=4, distinct_ids=4)


@pytest.mark.parametrize(
    ("totals", "stopped", "code"),
    [
        (GOOD, ExitCode.DONE, ExitCode.DONE),
        (GOOD, ExitCode.RESUMABLE, ExitCode.RESUMABLE),
        (Totals(lines_read=1, unreadable=1), ExitCode.DONE, ExitCode.REJECTS),
        (Totals(lines_read=1, rows=1, duplicate_in_file=1), ExitCode.DONE, ExitCode.DONE),
        (Totals(lines_read=1, rows=1, rejected_here=1), ExitCode.DONE, ExitCode.REJECTS),
        (Totals(lines_read=1, rows=1, eligible=1, rejected_by_org=1), ExitCode.DONE, ExitCode.REJECTS),
        (Totals(lines_read=2, rows=2, eligible=2, rejected_by_org=1, in_doubt=1), ExitCode.DONE, ExitCode.IN_DOUBT),
        (Totals(lines_read=2, rows=2, eligible=2, in_doubt=1, not_attempted=1), ExitCode.DONE, ExitCode.IN_DOUBT),
        (Totals(lines_read=2, rows=2, eligible=2, in_doubt=1, not_attempted=1), ExitCode.RESUMABLE, ExitCode.RESUMABLE),
        (Totals(lines_read=1, rows=1, eligible=1, in_doubt=1), ExitCode.ACCESS, ExitCode.ACCESS),
        (Totals(lines_read=1, rows=1, eligible=1, not_attempted=1), ExitCode.DONE, ExitCode.RESUMABLE),
        (Totals(lines_read=1), ExitCode.RESUMABLE, ExitCode.UNBALANCED),
    ],
)
def test_the_code_asks_for_the_most_urgent_act(totals, stopped, code):
    assert exit_code(totals, stopped) is code
