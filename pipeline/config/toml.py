"""The file itself: finding it, reading it, and what is wrong with it as TOML."""

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pipeline.config.mistakes import Misconfigured

_PLACE = r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$"


def read(path: Path) -> str:
    """Read a configuration file as text.

    :raises Misconfigured: if it is missing, no file, can't be opened, or isn't UTF-8.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise Misconfigured([f"{path}: there is no such file{_near(path)}"]) from None
    except IsADirectoryError:
        raise Misconfigured([f"{path}: is a folder: name a configuration file{_listed(path)}"]) from None
    except OSError as error:
        raise Misconfigured([f"{path}: can't be read: {error.strerror}"]) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Misconfigured([f"{path}:{line}: not UTF-8 (byte {error.start}): save the file as UTF-8"]) from None


def parse(path: Path, text: str) -> dict[str, Any]:
    """Read TOML.

    :raises Misconfigured: with the line at which it stops being TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured([_syntax(path, text, str(error))]) from None
    except (ValueError, RecursionError):
        raise Misconfigured([f"{path}:1: not valid TOML: a number is too long, or lists stand too deep in each other"]) from None


def _syntax(path: Path, text: str, message: str) -> str:
    place = re.search(_PLACE, message)
    reason = message[: place.start()] if place else message
    line = place["line"] if place and place["line"] else len(text.splitlines()) or 1
    column = f" (column {place['column']})" if place and place["column"] else ""
    hint = ": text stands in quotes" if reason == "Invalid value" else ""
    return f"{path}:{line}: not valid TOML: {reason}{hint}{column}"


def _siblings(folder: Path) -> list[str]:
    try:
        return sorted(file.name for file in folder.glob("*.toml") if file.is_file())
    except OSError:
        return []


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return f", nor a folder {path.parent}"
    near = get_close_matches(f"{path.stem}.toml", _siblings(path.parent), n=1)
    return f"; did you mean {path.parent / near[0]}?" if near else ""


def _listed(folder: Path) -> str:
    names = ", ".join(_siblings(folder)[:5])
    return f", such as {names}" if names else ""
