"""SOQL, as far as the org understands it: text in, query out. Nothing here knows an object or a record.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select.htm
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.simulator.soql_tokens import SoqlError, Token, tokens, unquote

LiteralValue = str | int | float | bool | None
"""What a literal stands for; dates and times are strings, told apart by their kind."""


class Name(NamedTuple):
    """A field or object as it stands in the text."""

    text: str
    at: int


class Literal(NamedTuple):
    """A value: `kind` is one of string, number, boolean, null, date, dateTime."""

    kind: str
    value: LiteralValue
    at: int


class Comparison(NamedTuple):
    """A field against one literal, or several (`IN`, `NOT IN`). `operator` is upper-case."""

    field: Name
    operator: str
    literals: tuple[Literal, ...]


class Not(NamedTuple):
    """What must not hold."""

    condition: "Condition"


class Joined(NamedTuple):
    """Conditions that must all hold (`AND`) or of which one must (`OR`)."""

    operator: str
    conditions: tuple["Condition", ...]


Condition = Comparison | Not | Joined


class Order(NamedTuple):
    """One key of the order. Nulls come first unless `NULLS LAST` is said."""

    field: Name
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Count:
    """`COUNT()` (no field), or `COUNT(field) alias`."""

    field: Name | None
    alias: str = "expr0"


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query: either `fields` or `count`."""

    fields: tuple[Name, ...]
    count: Count | None
    source: Name
    where: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int


_COMPARISONS = frozenset({"=", "!=", "<>", "<", "<=", ">", ">="})
_KEYWORDS = frozenset({"FROM", "WHERE", "ORDER", "LIMIT", "OFFSET", "AND", "OR", "NOT", "IN", "LIKE", "SELECT", "BY"})


def parse(text: str) -> Query:
    """Read a query. Raises SoqlError."""
    try:
        return _Parser(tokens(text)).query()
    except RecursionError as error:
        raise SoqlError("Query is either selecting too many fields or the filter conditions are too complicated", 0) from error


class _Parser:
    """Recursive descent over the tokens: one method a rule."""

    def __init__(self, found: Sequence[Token]) -> None:
        self._tokens = found
        self._next = 0

    def query(self) -> Query:
        self._expect("SELECT")
        count = self._count()
        fields = () if count else self._names()
        self._expect("FROM")
        source = self._name()
        where = self._condition() if self._accept("WHERE") else None
        order = self._order() if self._accept("ORDER") else ()
        limit = self._whole_number() if self._accept("LIMIT") else None
        offset = self._whole_number() if self._accept("OFFSET") else 0
        if self._peek().kind != "end":
            raise self._unexpected()
        return Query(fields, count, source, where, order, limit, offset)

    def _count(self) -> Count | None:
        if self._peek().word != "COUNT" or self._tokens[self._next + 1].text != "(":
            return None
        self._next += 2
        if self._accept(")"):
            return Count(None)
        field = self._name()
        self._expect(")")
        is_alias = self._peek().kind == "word" and self._peek().word not in _KEYWORDS
        return Count(field, self._take().text if is_alias else "expr0")

    def _names(self) -> tuple[Name, ...]:
        names = [self._name()]
        while self._accept(","):
            names.append(self._name())
        return tuple(names)

    def _condition(self) -> Condition:
        first = self._term()
        operator = self._peek().word
        if operator not in {"AND", "OR"}:
            return first
        conditions = [first]
        while self._accept(operator):
            conditions.append(self._term())
        if self._peek().word in {"AND", "OR"}:  # SOQL wants parentheses where both are mixed
            raise self._unexpected()
        return Joined(operator, tuple(conditions))

    def _term(self) -> Condition:
        if self._accept("NOT"):
            return Not(self._term())
        if self._accept("("):
            inner = self._condition()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Comparison:
        field = self._name()
        operator = self._take()
        if operator.kind == "sign" and operator.text in _COMPARISONS:
            return Comparison(field, operator.text.replace("<>", "!="), (self._literal(),))
        if operator.word == "LIKE":
            return Comparison(field, "LIKE", (self._literal(like=True),))
        if operator.word == "NOT" and self._accept("IN"):
            return Comparison(field, "NOT IN", self._literals())
        if operator.word == "IN":
            return Comparison(field, "IN", self._literals())
        raise self._unexpected(operator)

    def _literals(self) -> tuple[Literal, ...]:
        self._expect("(")
        literals = [self._literal()]
        while self._accept(","):
            literals.append(self._literal())
        self._expect(")")
        return tuple(literals)

    def _literal(self, *, like: bool = False) -> Literal:
        token = self._take()
        match token.kind:
            case "string":
                return Literal("string", unquote(token.text, token.at, like=like), token.at)
            case "number":
                return Literal("number", _number(token.text), token.at)
            case "date" | "dateTime":
                return Literal(token.kind, token.text, token.at)
            case "word" if token.word in {"TRUE", "FALSE"}:
                return Literal("boolean", token.word == "TRUE", token.at)
            case "word" if token.word == "NULL":
                return Literal("null", None, token.at)
            case _:
                raise self._unexpected(token)

    def _order(self) -> tuple[Order, ...]:
        self._expect("BY")
        keys = [self._key()]
        while self._accept(","):
            keys.append(self._key())
        return tuple(keys)

    def _key(self) -> Order:
        field = self._name()
        descending = self._accept("DESC")
        if not descending:
            self._accept("ASC")
        nulls_last = False
        if self._accept("NULLS"):
            nulls_last = self._accept("LAST")
            if not nulls_last:
                self._expect("FIRST")
        return Order(field, descending, nulls_last)

    def _name(self) -> Name:
        token = self._take()
        if token.kind != "word" or token.word in _KEYWORDS:
            raise self._unexpected(token)
        return Name(token.text, token.at)

    def _whole_number(self) -> int:
        token = self._take()
        if not token.text.isdecimal():
            raise self._unexpected(token)
        return int(token.text)

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._peek()
        self._next += 1
        return token

    def _accept(self, text: str) -> bool:
        token = self._peek()
        fits = token.word == text or (token.kind == "sign" and token.text == text)
        self._next += fits
        return fits

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._unexpected()

    def _unexpected(self, token: Token | None = None) -> SoqlError:
        token = token or self._peek()
        return SoqlError(f"unexpected token: '{token.text or '<EOF>'}'", token.at)


def _number(text: str) -> int | float:
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
