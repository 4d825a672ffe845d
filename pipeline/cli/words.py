"""A run's summary in words, for the terminal."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.model.record import NO_PARENT
from pipeline.stages.reporter.rejected import rejected_name

LEFT = (
    ("lines_read", 0, "lines read"),
    ("blank", 1, "blank"),
    ("unreadable", 1, "unreadable"),
    ("rows", 1, "rows"),
    ("nested", 1, "further records"),
    ("duplicate_in_file", 2, "duplicate in file"),
    ("rejected_here", 2, "rejected here"),
    ("eligible", 2, "eligible"),
    ("created", 3, "created"),
    ("recovered", 4, "of these recovered"),
    ("rejected_by_org", 3, "rejected by the org"),
    ("in_doubt", 3, "in doubt"),
    ("not_attempted", 3, "not attempted"),
)
WHERE_NOT_ZERO = {"nested", "duplicate_in_file", "recovered"}
"""Terms of which most runs have none."""
MOST_ERRORS = 8
WIDEST = 110


def closing(summary: dict[str, Any], folder: Path, config: str = "") -> str:
    """Say what a run did: the control totals, whether they balance, what was wrong, and where the report is.

    `config` is what to call the job's configuration in the command that loads the corrected rows; by itself what the run says.
    """
    totals = _totals(summary["totals"])
    return "\n".join(
        [
            "",
            _title(summary),
            "",
            *totals,
            *_objects(summary["objects"]),
            "",
            *_verdict(summary),
            *effects_told([summary["effects"], *(session["effects"] for session in summary["sessions"])]),
            *_errors(summary),
            *_place(summary, folder, config or _config(summary)),
        ]
    )


def already_done(summary: dict[str, Any]) -> str:
    """Say that there was nothing to do."""
    totals = summary["totals"]
    return (
        f"Nothing was sent: run {summary['run']} has loaded the same content into {summary['org']['url']} already "
        f"({totals['created']:,} of {totals['rows']:,} rows created). `treeload report {summary['run']}` shows it; "
        "--fresh loads it once more."
    )


def _title(summary: dict[str, Any]) -> str:
    files = summary["files"]
    what = files[0]["path"].rsplit("/", 1)[-1] if len(files) == 1 else f"{len(files)} files"
    return f"{summary['job']}: {what} to {summary['object']} in {summary['org']['url']} (run {summary['run']})"


def _totals(totals: dict[str, int]) -> list[str]:
    return waterfall(LEFT, totals)


def _objects(objects: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Say what became of the records of each object, where there are several."""
    if len(objects) == 1:
        return []
    width = max(map(len, objects), default=0)
    lines = [
        f"  {name:<{width}}  " + ", ".join(f"{count:,} {state.replace('_', ' ')}" for state, count in states.items())
        for name, states in objects.items()
    ]
    return ["", *lines] if lines else []


def waterfall(terms: Sequence[tuple[str, int, str]], totals: Mapping[str, int]) -> list[str]:
    """Set terms of the equation out, a line each: by name, by how deep they stand, and by what they are called."""
    shown = [term for term in terms if totals[term[0]] or term[0] not in WHERE_NOT_ZERO]
    width = max(len("  " * depth + label) for _, depth, label in shown)
    return [f"  {'  ' * depth + label:<{width}}  {'  ' * depth}{totals[name]:>9,}" for name, depth, label in shown]


def _verdict(summary: dict[str, Any]) -> list[str]:
    totals = summary["totals"]
    lines = []
    if summary["ended"] is None:
        lines.append("NOT ENDED: the run is working, or its process died; what was read last is not counted yet.")
    elif summary["balanced"]:
        lines.append("BALANCED: each line that was read is in the report, with one final state.")
    else:
        lines += [f"DOES NOT BALANCE: {line}" for line in summary["imbalances"]]
    if summary["reason"]:
        lines.append(f"Stopped early: {summary['reason']}.")
    if unread := [file["path"] for file in summary["files"] if not file["read_to_end"]]:
        lines.append(f"Not read to the end: {', '.join(unread)}. The same command again goes on from here.")
    if totals["in_doubt"]:
        lines += [
            f"{totals['in_doubt']:,} rows are in doubt: they may exist in the org. They are not sent again; see results.csv.",
            f"`treeload resolve {summary['run']}` asks the org once more, or takes your word.",
        ]
    if totals["recovered"]:
        lines.append(f"{totals['recovered']:,} rows were found in the org after the reply to them was lost.")
    return lines


def effects_told(effects: Iterable[Mapping[str, object]]) -> list[str]:
    """Say what an import may set off in the org, or might at one of its starts; nothing, if that was not written down."""
    told = [each for each in effects if each]
    rules = {each["assignment"]: None for each in told if each["assignment"] != "off"}
    allowed = [f"the assignment rule {rule}" if rule != "active" else "the active assignment rules" for rule in rules]
    if any(each["duplicate_rules"] == "allow" for each in told):
        allowed.append("what a duplicate rule only warns of")
    if any(each["recently_viewed"] for each in told):
        allowed.append("a place among the recently viewed records")
    said = ", ".join(allowed) or "no assignment rules, and nothing that a duplicate rule finds"
    return [f"Allowed in the org: {said}."] * bool(told)


def _errors(summary: dict[str, Any]) -> list[str]:
    groups = summary["errors"]
    if not groups:
        return []
    lines = ["", "What was wrong:"]
    names = {file["number"]: f" of {Path(file['path']).name}" for file in summary["files"]} if len(summary["files"]) > 1 else {}
    for group in groups[:MOST_ERRORS]:
        fields = f" ({', '.join(group['fields'])})" if group["fields"] else ""
        place = f"line {group['first_line']:,}{names.get(group['first_file'], '')}"
        line = f"  {group['rows']:>7,} x {group['code']}{fields}, first in {place}: {group['example']}"
        lines.append(line if len(line) <= WIDEST else line[: WIDEST - 3] + "...")
    if len(groups) > MOST_ERRORS:
        lines.append(f"          and {len(groups) - MOST_ERRORS:,} more kinds of error")
    return lines


def _config(summary: dict[str, Any]) -> str:
    """Name the configuration with which the run was started last; older journals don't know it."""
    path = next((session["config_path"] for session in reversed(summary["sessions"]) if session["config_path"]), "")
    return str(_from_here(Path(path))) if path else "CONFIG"


def _from_here(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _place(summary: dict[str, Any], folder: Path, config: str) -> list[str]:
    totals, shown = summary["totals"], _from_here(folder)
    lines = ["", f"Report: {shown}/ (summary.json, results.csv)"]
    if totals["unreadable"] + totals["rejected_here"] + totals["rejected_by_org"]:
        if any(file["joined"] for file in summary["files"]):
            return lines + _together(summary, folder, str(shown), config)
        kinds = {rejected_name(file["format"], "") for file in summary["files"]}
        parts = sorted(folder.glob("rejected-*.jsonl"))
        for kind in sorted(kind for kind in kinds if not parts or (folder / kind).exists()):
            lines += _again(summary, f"{shown}/{kind}", config)
        for part in parts:
            name = part.stem.removeprefix("rejected-")
            lines.append(
                f"Correct the records in {shown}/{part.name}, and load them by a job for {name}: those above them exist."
            )
    return lines


def _together(summary: dict[str, Any], folder: Path, shown: str, config: str) -> list[str]:
    """Say how the corrected rows of joined files are loaded: together, so that they find each other again."""
    kinds = {(file["joined"], rejected_name(file["format"], file["joined"])): 0 for file in summary["files"]}
    for file in summary["files"]:
        totals = file["totals"]
        count = totals["unreadable"] + totals["rejected_here"] + totals["rejected_by_org"]
        kinds[file["joined"], rejected_name(file["format"], file["joined"])] += count
    names = " and ".join(f"{shown}/{name}" for _, name in kinds)
    command = ["treeload", "run", config]
    for name in [name for joined, name in kinds if not joined]:
        command += ["--input", f"{shown}/{name}"]
    for table in {joined: None for joined, _ in kinds if joined}:
        paths = [str(folder.absolute() / name) for joined, name in kinds if joined == table]
        command += ["--set", f"mapping.children.{table}.input={paths[0] if len(paths) == 1 else paths}"]
    if not all(kinds.values()):
        command += ["--set", "read.allow_empty=true"]
    lines = [f"Correct the rows in {names}, then load them together:", f"  {shlex.join(command)}"]
    if any(group["code"] == NO_PARENT for group in summary["errors"]):
        lines.append(
            "A row without a parent (NO_PARENT) needs one among these rows: correct its key, or add the row it belongs to."
        )
    return lines


def _again(summary: dict[str, Any], place: str, config: str) -> list[str]:
    """Say how rejected rows are loaded again. Those of a plan no longer say which file they are from, and so what they are."""
    objects = {file["object"]: 0 for file in summary["files"]}
    if len(objects) == 1:
        return [f"Correct the rows in {place}, then load them:", f"  treeload run {config} --input {place}"]
    for file in summary["files"]:
        totals = file["totals"]
        objects[file["object"]] += totals["unreadable"] + totals["rejected_here"] + totals["rejected_by_org"]
    rejected = [name for name, count in objects.items() if count]
    if len(rejected) == 1:
        again = f"  treeload run {config} --input {place} --set job.object={rejected[0]}"
        return [f"Correct the rows in {place}, then load them:", again]
    return [
        f"Correct the rows in {place}. They are of {' and '.join(rejected)}: put each into a file of its own, and load it:",
        *(f"  treeload run {config} --input FILE --set job.object={name}" for name in rejected),
    ]


def duration(seconds: float) -> str:
    """Write seconds for people: `17 s`, `3 min 20 s`, `2 h 5 min`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
