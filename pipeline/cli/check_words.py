"""What a check has found, in words for the terminal."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.assembly.checking import Checkup, Finding
from pipeline.assembly.work import Import
from pipeline.cli.plan_words import plan_told
from pipeline.cli.words import LEFT as OF_A_RUN
from pipeline.cli.words import waterfall
from pipeline.model.row import InputFile

LEFT = (*OF_A_RUN[:7], ("eligible", 2, "to be sent"))
"""The terms of a run up to what it would send."""
MOST_FINDINGS = 40
WIDEST = 200


def told(checkup: Checkup, work: Import) -> str:
    """Say what was found, and what a run would do."""
    settings = work.settings
    what = Path(work.files[0].path).name if len(work.files) == 1 else f"{len(work.files)} files"
    title = f"{settings.job.name}: {what} to {checkup.object} in {settings.org.url}, checked: nothing was sent"
    totals, findings = waterfall(LEFT, checkup.totals.as_dict()), _findings(checkup.findings, work.files)
    return "\n".join(["", title, "", *totals, "", *findings, *_assumed(checkup), "", *plan_told(checkup, work)])


def _assumed(checkup: Checkup) -> list[str]:
    """Say what could not be checked without an org, and what has to wait."""
    names = ", ".join(checkup.assumed)
    lines = [f"Not checked: whether the org has the records that rows look up ({names}): leave out --describe."] if names else []
    if checkup.any_status:
        lines.append(
            "Not checked: whether campaigns have the statuses of their members, which the org would replace without a word."
        )
    if checkup.waiting:
        verb = "row waits" if checkup.waiting == 1 else "rows wait"
        lines.append(f"{checkup.waiting:,} {verb} for others, to which they refer: these go first.")
    return lines


def _findings(findings: Sequence[Finding], files: Sequence[InputFile]) -> list[str]:
    if not findings:
        return ["CLEAN: no row was found that the org would surely refuse."]
    lines = ["What is wrong:"]
    for finding in findings[:MOST_FINDINGS]:
        fields = f" ({', '.join(finding.fields)})" if finding.fields else ""
        line = f"{'':12}{finding.example}"
        lines += [
            f"  {finding.rows:>7,} x {finding.code}{fields}: {_places(finding, files)}",
            line if len(line) <= WIDEST else line[: WIDEST - 3] + "...",
        ]
    if len(findings) > MOST_FINDINGS:
        lines.append(f"          and {len(findings) - MOST_FINDINGS:,} more kinds of error")
    return lines


def _places(finding: Finding, files: Sequence[InputFile]) -> str:
    """Name the first lines, with their files where there are several: `line 17`; `lines a.csv:17, b.csv:9, ...`."""
    names = {file.number: f"{Path(file.path).name}:" if len(files) > 1 else "" for file in files}
    shown = ", ".join(f"{names[file]}{line}" for file, line in finding.places)
    return f"line{'s' * (finding.rows > 1)} {shown}" + (", ..." if finding.rows > len(finding.places) else "")
