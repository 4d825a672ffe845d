"""From a file to settings: read, overlay, check, and say every mistake at once."""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from pipeline.config.contradictions import contradictions
from pipeline.config.layers import Override, collect, overlay
from pipeline.config.mistakes import Keys, Misconfigured, Mistake, dotted
from pipeline.config.positions import line_of, lines_of_keys
from pipeline.config.shape import SECTIONS
from pipeline.config.tables import Settings, Tables
from pipeline.config.toml import parse, read
from pipeline.config.units import in_plain_numbers
from pipeline.config.wording import mistakes


def load(path: Path, *, overrides: Sequence[str] = (), environ: Mapping[str, str]) -> Settings:
    """Read and check a configuration file; `overrides` are `section.key=value`, and count more than `environ`.

    :raises Misconfigured: with all mistakes, each at its line. Nothing else was touched: secrets and input aren't looked at.
    """
    text = read(path)
    tree = parse(path, text)
    home = path.parent.resolve() / path.name
    outside = collect(environ, overrides)
    findings = [*outside.findings, *(said for value in outside.values if (said := overlay(tree, value)))]
    tables, wrong = _checked(tree, home)
    if wrong:
        findings = [*_placed(wrong, path, text, outside.values), *findings]
    if tables is None or findings:
        raise Misconfigured(findings)
    return _settings(home, tables)


def unwritten(home: Path, *, overrides: Sequence[str]) -> Settings:
    """Check settings that no file has yet; paths count from the folder of `home`, where one is to be.

    :raises Misconfigured: with all mistakes.
    """
    tree: dict[str, Any] = {}
    outside = collect({}, overrides)
    findings = [*outside.findings, *(said for value in outside.values if (said := overlay(tree, value)))]
    tables, wrong = _checked(tree, home)
    findings = [*_placed(wrong, home, "", outside.values), *findings]
    if tables is None or findings:
        raise Misconfigured(findings)
    return _settings(home, tables)


def _settings(home: Path, tables: Tables) -> Settings:
    return Settings(
        path=home,
        job=tables.job,
        org=tables.org,
        read=tables.read,
        mapping=tables.mapping,
        duplicates=tables.duplicates,
        send=tables.send,
        effects=tables.effects,
        evidence=tables.evidence,
        limits=tables.limits,
    )


def _checked(tree: MutableMapping[str, Any], path: Path) -> tuple[Tables | None, list[Mistake]]:
    """Hold a tree against the tables, as JSON is: strictly, but a list will do for a tuple, and a table for its class."""
    wrong = [*_units(tree), *contradictions(tree)]
    for required in ("job", "org"):
        tree.setdefault(required, {})
    try:
        return Tables.model_validate_json(to_json(tree), context=path), wrong
    except ValidationError as error:
        return None, [*mistakes(error, tree), *wrong]


def _units(tree: MutableMapping[str, Any]) -> Iterator[Mistake]:
    """Make durations and sizes plain numbers."""
    for section, table in SECTIONS.items():
        if isinstance(values := tree.get(section), dict):
            tree[section], wrong = in_plain_numbers(values, table)
            yield from (Mistake((section, key), text) for key, text in wrong.items())


def _placed(wrong: Sequence[Mistake], path: Path, text: str, outside: Sequence[Override]) -> list[str]:
    """Say where each mistake is: by line of the file, then what came from outside."""
    lines = lines_of_keys(text)
    in_file: list[tuple[int, str]] = []
    elsewhere = []
    for mistake in wrong:
        if (override := _origin(mistake.keys, lines, outside)) is None:
            line = line_of(mistake.keys, lines)
            in_file.append((line, f"{path}:{line}: {dotted(mistake.keys)}: {mistake.text}"))
        else:
            name = "" if mistake.keys == override.keys else f"{dotted(mistake.keys)}: "
            elsewhere.append(f"{override.label}: {name}{mistake.text}")
    return [*(said for _, said in sorted(in_file, key=lambda place: place[0])), *elsewhere]


def _origin(keys: Keys, lines: Mapping[Keys, int], outside: Sequence[Override]) -> Override | None:
    """Find the value from outside that a mistake is about, if it isn't about the file."""
    for override in reversed(outside):
        if keys[: len(override.keys)] == override.keys:
            return override
    for table in (keys, keys[:2]):  # of which everything came from outside
        for override in outside:
            if override.keys[: len(table)] == table and table not in lines:
                return override
    return None
