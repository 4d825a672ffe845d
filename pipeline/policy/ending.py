"""How a run ends: one exit code from its totals and from what stopped it."""

from pipeline.errors import ExitCode
from pipeline.model.summary import Totals, imbalances


def exit_code(totals: Totals, stopped_by: ExitCode) -> ExitCode:
    """Choose the code that asks for the most urgent act. `stopped_by` is DONE for a run that was not stopped early."""
    if imbalances(totals):
        return ExitCode.UNBALANCED
    if stopped_by is not ExitCode.DONE:
        return stopped_by
    if totals.in_doubt:  # what waits for these can't go on before they are settled
        return ExitCode.IN_DOUBT
    if totals.not_attempted:
        return ExitCode.RESUMABLE
    if totals.unreadable or totals.rejected_here or totals.rejected_by_org:
        return ExitCode.REJECTS
    return ExitCode.DONE
