"""Functions of the job's own, which its mapping names: found in the configuration's folder first, then where Python looks."""

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.mapping.rules import MappingRules
from pipeline.mapping.steps import OwnFunction


def functions_of(rules: MappingRules, folder: Path) -> Mapping[str, OwnFunction]:
    """Import the functions that the rules name.

    :raises UsageError: with a line for each that can't be.
    """
    found: dict[str, OwnFunction] = {}
    faults = []
    for field, made in rules.fields.items():
        if made.function and made.function not in found:
            try:
                found[made.function] = _function(made.function, folder)
            except UsageError as fault:
                faults.append(f"mapping.fields.{field}.function: {fault}")
    if faults:
        raise UsageError("\n".join(faults))
    return found


def code_digest(functions: Mapping[str, OwnFunction]) -> str:
    """Name the modules of functions by their content, as 64 hex digits; what they import isn't looked at."""
    files = {getattr(sys.modules[name.partition(":")[0]], "__file__", None) for name in functions}
    content = [sha256(Path(file).read_bytes()).hexdigest() for file in sorted(filter(None, files))]
    return sha256("\n".join(content).encode()).hexdigest() if content else ""


def _function(name: str, folder: Path) -> OwnFunction:
    path, _, wanted = name.partition(":")
    try:
        with _looked_for_first(folder):
            module = importlib.import_module(path)
    except ModuleNotFoundError as error:
        raise UsageError(f"{name}: there is no module {error.name}, neither in {folder} nor where Python looks") from error
    except Exception as error:
        raise UsageError(f"{name}: {path} can't be imported: {type(error).__name__}: {error}") from error
    _refuse_another(path, module.__file__, folder)
    function: OwnFunction | None = getattr(module, wanted, None)
    if not callable(function):
        near = get_close_matches(wanted, [each for each in vars(module) if callable(getattr(module, each))], n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"{name}: {path} has no function {wanted}{hint}")
    return function


def _refuse_another(path: str, file: str | None, folder: Path) -> None:
    """Refuse a module of the same name that was imported before: Python has one of each name."""
    first = path.partition(".")[0]
    own = [place for place in (folder / first, folder / f"{first}.py") if place.exists()]
    if own and not (file and Path(file).resolve().is_relative_to(folder.resolve())):
        raise UsageError(f"{own[0]}: another module is called {first} already: give it another name")


@contextmanager
def _looked_for_first(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
