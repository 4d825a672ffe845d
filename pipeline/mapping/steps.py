"""The steps from the cells of some columns to the text of a field: each works on a column of texts at once.

A step raises ValueError if it can't take one of its texts, with what is wrong. An empty text is nothing, and stays it.
"""

from collections.abc import Callable, Mapping, Sequence

from pipeline.mapping.checks import Refused
from pipeline.mapping.dates import date_reader, moment_reader, zone_of
from pipeline.mapping.rules import Cleaning, FieldRules

Texts = Sequence[str]
Step = Callable[[Texts], Texts]
OwnFunction = Callable[[str], object]
"""A function of the job's: from text to text or None; whatever it does otherwise is that row's error."""

_MOST_REMEMBERED = 10_000
_LONGEST_REMEMBERED = 100

_CLEANERS: Mapping[Cleaning, Callable[[str], str]] = {
    "strip": str.strip,
    "collapse": lambda text: " ".join(text.split()),
    "lower": str.lower,
    "upper": str.upper,
}


def joiner(rules: FieldRules) -> Callable[[Sequence[Texts]], Texts]:
    """Make what puts the cells of the columns together, row by row."""
    null_words = frozenset(rules.null_words)

    def without_null_words(texts: Texts) -> Texts:
        return texts if null_words.isdisjoint(texts) else ["" if text in null_words else text for text in texts]

    def join(columns: Sequence[Texts]) -> Texts:
        if null_words:
            columns = [without_null_words(texts) for texts in columns]
        return columns[0] if len(columns) == 1 else [rules.join.join(filter(None, cells)) for cells in zip(*columns, strict=True)]

    return join


def steps_of(rules: FieldRules, field_type: str, function: OwnFunction | None) -> Step:
    """Put all steps after the joining into one. `function` is what `rules.function` names."""
    steps: list[Step] = []
    if rules.part != "whole":
        steps.append(_on_each(_piece(rules.split, rules.part) if rules.split else _NAMES[str(rules.part)]))
    steps += [_on_each(_CLEANERS[cleaning]) for cleaning in rules.clean]
    if rules.values:
        steps.append(_mapped(rules.values, keep=rules.other == "keep"))
    if rules.default:
        steps.append(_or_default(rules.default))
    if rules.date:
        steps.append(_remembering(_date(rules, field_type)))
    if function is not None:
        steps.append(_remembering(_guarded(rules.function, function)))

    def all_steps(texts: Texts) -> Texts:
        for step in steps:
            texts = step(texts)
        return texts

    return all_steps


def _on_each(change: Callable[[str], str]) -> Step:
    return lambda texts: [*map(change, texts)]


def _first_of_name(name: str) -> str:
    if "," in name:
        return _around_comma(name)[1]
    words = name.rsplit(None, 1)
    return words[0].strip() if len(words) > 1 else ""


def _last_of_name(name: str) -> str:
    if "," in name:
        return _around_comma(name)[0]
    words = name.rsplit(None, 1)
    return words[-1].strip() if words else ""


def _around_comma(name: str) -> tuple[str, str]:
    last, *first = name.split(",")
    if len(first) != 1:
        raise ValueError("has more than one comma, so that first and last name can't be told apart")
    return last.strip(), first[0].strip()


_NAMES: Mapping[str, Callable[[str], str]] = {"first": _first_of_name, "last": _last_of_name}


def _piece(sign: str, part: str | int) -> Callable[[str], str]:
    def take(text: str) -> str:
        if part == "rest":
            return text.partition(sign)[2]
        pieces = text.split(sign)
        if isinstance(part, int):
            return pieces[part - 1] if part <= len(pieces) else ""
        return pieces[0 if part == "first" else -1]

    return take


def _mapped(values: Mapping[str, str], *, keep: bool) -> Step:
    known = {"": "", **values}

    def look_up(texts: Texts) -> Texts:
        try:
            return [known[text] for text in texts]
        except KeyError:
            raise ValueError("is not among the values that are mapped") from None

    def look_up_or_keep(texts: Texts) -> Texts:
        return [known.get(text, text) for text in texts]

    return look_up_or_keep if keep else look_up


def _or_default(default: str) -> Step:
    return lambda texts: [text or default for text in texts] if "" in texts else texts


def _date(rules: FieldRules, field_type: str) -> Callable[[str], str]:
    if field_type == "date":
        return date_reader(rules.date, century=rules.century)
    return moment_reader(rules.date, century=rules.century, zone=zone_of(rules.zone) if rules.zone else None)


def _guarded(name: str, function: OwnFunction) -> Callable[[str], str]:
    """Let nothing out of a function of the job's but a text or a ValueError."""

    def call(text: str) -> str:
        try:
            made = function(text)
        except ValueError as error:
            raise Refused("FUNCTION_FAILED", f"{str(error) or 'is refused'} (says {name})") from error
        except Exception as error:
            raise Refused("FUNCTION_FAILED", f"can't be taken by {name}: {type(error).__name__}: {error}") from error
        if made is not None and not isinstance(made, str):
            raise Refused("FUNCTION_FAILED", f"makes {name} return {type(made).__name__}, and not text or None")
        return str(made or "")

    return call


def _remembering(make: Callable[[str], str]) -> Step:
    """Make what is costly once for equal texts that follow soon; empty texts stay so."""
    known = _Known(make)
    return lambda texts: [*map(known.__getitem__, texts)]


class _Known(dict[str, str]):
    """What was made of texts, in bounded memory."""

    def __init__(self, make: Callable[[str], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, text: str) -> str:
        made = self._make(text) if text else ""
        if len(text) <= _LONGEST_REMEMBERED and len(made) <= _LONGEST_REMEMBERED:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[text] = made
        return made
