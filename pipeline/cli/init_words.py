"""What was made of somebody's file, in words for the terminal."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.assembly.beginning import Beginning
from pipeline.config.draft import PlanDraft
from pipeline.formats.delimiters import DELIMITERS

WIDEST = 150


def plan_told(draft: PlanDraft, place: Path) -> str:
    """Say what a plan is, and which commands come next."""
    width = max(len(file) for file, _ in draft.files)
    return "\n".join(
        [
            f"{Path(draft.input).name}: a plan of the Salesforce CLI, {len(draft.files)} file{'s' * (len(draft.files) != 1)}",
            *(_cut(f"  {file:<{min(width, 60)}} -> {name}") for file, name in draft.files),
            "",
            "Fields go by their names, and @references become ids: nothing is to be mapped.",
            *_next(place),
        ]
    )


def beginning_told(beginning: Beginning, place: Path, *, asked_org: bool, named: bool) -> str:
    """Say what the file is, where its columns go, what to look at, and which commands come next."""
    return "\n".join(
        [
            *_heading(beginning, named=named),
            "",
            *_columns(beginning),
            "",
            *_look_at(beginning, asked_org=asked_org),
            *_next(place),
        ]
    )


def _next(place: Path) -> list[str]:
    return [
        f"Written: {place}. Look through it, then:",
        f"  treeload check {place}    (sends nothing)",
        f"  treeload run {place}",
    ]


def _heading(beginning: Beginning, *, named: bool) -> Iterator[str]:
    file, best = beginning.file, beginning.best
    what = {"csv": f"CSV with {DELIMITERS.get(file.delimiter, file.delimiter)}s", "jsonl": "JSON Lines"}.get(
        file.format, file.format
    )
    columns = f"{len(file.columns)} column{'s' * (len(file.columns) != 1)}"
    yield f"{Path(file.path).name}: {what}, {file.encoding}, {columns}"
    fits = f"{best.mapped} of {len(best.matches)} columns have a field"
    if named:
        yield f"To {best.describe.name}: {fits}."
        return
    others = ", ".join(f"{each.describe.name} {each.mapped}" for each in beginning.fits[1:4] if each.mapped)
    yield f"To {best.describe.name}, a guess: {fits}" + (f" ({others}). Another one: --object NAME" if others else "")


def _columns(beginning: Beginning) -> Iterator[str]:
    matches = beginning.best.matches
    width = max((len(match.column) for match in matches), default=0)
    field = max((len(match.field) for match in matches), default=0)
    for match in matches:
        if match.field:
            goes = f"-> {match.field:<{field}}  {match.why}"
        else:
            goes = f"-> {match.why}" if match.nested else f"   NOT LOADED: {match.why}"
        yield _cut(f"  {match.column:<{min(width, 40)}} {goes}")


def _look_at(beginning: Beginning, *, asked_org: bool) -> list[str]:
    best, lines = beginning.best, list[str]()
    for name in best.missing:
        lines.append(
            f"{best.describe.name}.{name} is required, and no column gives it: map one, or set it in [mapping.constants]"
        )
    lines += [f"{column}: {doubt}" for column, doubt in beginning.doubts.items()]
    for column, (_, forms) in beginning.dates.items():
        lines.append(f"{column}: dates of the form {' or '.join(forms)}: see [mapping.fields]")
    if beginning.null_words:
        words = ", ".join(f'"{word}"' for word in beginning.null_words)
        lines.append(f"cells that may mean nothing: set read.null_words = [{words}], if they do")
    if idle := sum(not (match.field or match.nested) for match in best.matches):
        lines.append(f"{idle} column{'s' * (idle != 1)} will not be loaded: see mapping.ignore")
    lines.append("no field proves which row a record comes from yet: see mapping.marker and mapping.key")
    if not asked_org:
        lines.append("the fields are those of the embedded org: give --token or --describe for those of yours")
    return ["Look at:", *(_cut(f"  * {line}") for line in lines), ""]


def _cut(line: str) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in line)
    return shown if len(shown) <= WIDEST else shown[: WIDEST - 3] + "..."
