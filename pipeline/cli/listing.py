"""What `treeload status` shows."""

from pathlib import Path

from pipeline.cli.finding import all_journals, find
from pipeline.cli.words import closing
from pipeline.errors import JournalError
from pipeline.journal.reading import Record, reading
from pipeline.model.run import Run
from pipeline.model.summary import Totals
from pipeline.stages.reporter import summarize

MOST = 30


def listing(state: Path | None) -> str:
    """List runs, a line each, the newest first."""
    journals = all_journals(state)
    if not journals:
        return "No runs yet. Try: treeload run configs/quickstart.toml"
    lines = [f"{'run':<22} {'job':<20} {'outcome':<22} {'rows':>11} {'created':>11} {'rejected':>9} {'in doubt':>9}"]
    for path in journals[:MOST]:
        try:
            with reading(path) as record:
                lines.append(_line(record) if record.begun() else f"{path.stem:<22} never began")
        except JournalError as error:
            lines.append(f"{path.stem:<22} {error}")
    if len(journals) > MOST:
        lines.append(f"and {len(journals) - MOST} older ones")
    return "\n".join(lines)


def one(run: str, state: Path | None) -> str:
    """Show one run with all its totals."""
    with reading(find(run, state)) as record:
        found = record.run()
        return f"{closing(summarize(record), Path(found.reports) / found.id)}\n{_outcome(found)}"


def _line(record: Record) -> str:
    run = record.run()
    totals = sum(record.totals(lambda ids: sum(len(some) for some in ids()) // 18).values(), Totals())
    rejected = totals.unreadable + totals.rejected_here + totals.rejected_by_org
    counts = f"{totals.rows:>11,} {totals.created:>11,} {rejected:>9,} {totals.in_doubt:>9,}"
    return f"{run.id:<22} {run.job:<20.20} {_outcome(run):<22} {counts}"


def _outcome(run: Run) -> str:
    if run.exit_code is None:
        return "not ended"
    words = {0: "done", 3: "done, with rejects", 4: "stopped", 5: "stopped, resumable", 6: "done, with doubts", 7: "no access"}
    return words.get(run.exit_code, f"exit code {run.exit_code}")
