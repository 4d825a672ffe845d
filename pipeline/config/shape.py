"""Which keys there are, and which one was meant."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from pipeline.config.mistakes import Keys
from pipeline.config.tables import AccessToken, ClientCredentials, Job, JwtBearer, Org, RefreshToken, SfCli, key_of
from pipeline.formats.rules import ReadRules
from pipeline.mapping.duplicates import DuplicateRules
from pipeline.mapping.rules import Condition, FieldRules, MappingRules, RecordRules
from pipeline.policy.rules import EffectRules, EvidenceRules, LimitRules, SendRules

SECTIONS: Mapping[str, type] = {
    "job": Job,
    "org": Org,
    "read": ReadRules,
    "mapping": MappingRules,
    "duplicates": DuplicateRules,
    "send": SendRules,
    "effects": EffectRules,
    "evidence": EvidenceRules,
    "limits": LimitRules,
}
LOGINS: Mapping[str, type] = {
    "access_token": AccessToken,
    "client_credentials": ClientCredentials,
    "jwt_bearer": JwtBearer,
    "refresh_token": RefreshToken,
    "sf_cli": SfCli,
}


def keys_of(table: type) -> tuple[str, ...]:
    """Name the keys of a table, in their order."""
    return tuple(key_of(setting.name) for setting in fields(table))


def meant(word: object, choices: Iterable[str]) -> str:
    """Ask whether the nearest choice was meant; nothing if none is near, or the word is no text."""
    near = get_close_matches(word.lower().replace("-", "_"), choices, n=1) if isinstance(word, str) else []
    return f"; did you mean {near[0]}?" if near else ""


def unknown(keys: Keys, tree: Mapping[str, Any]) -> str:
    """Say what to do about a key that doesn't exist."""
    *path, key = (str(key) for key in keys)
    if not path and isinstance(tree.get(key), dict):
        return f"unknown table{meant(key, SECTIONS) or listed(SECTIONS)}"
    siblings = keys_of(table_of(path, tree)) if path else tuple(SECTIONS)
    return f"unknown key{_elsewhere(key, path) or meant(key, siblings) or listed(siblings)}"


def listed(choices: Iterable[str]) -> str:
    """List what there is instead."""
    return f"; there are {', '.join(choices)}"


def _elsewhere(key: str, path: list[str]) -> str:
    """Name the tables in which such a key would be right."""
    tables = {**SECTIONS, "org.auth": ClientCredentials}
    homes = [f"[{name}]" for name, table in tables.items() if key.lower() in keys_of(table) and name != ".".join(path)]
    if key.lower() in keys_of(FieldRules) and path == ["mapping"]:
        homes.append("a table [mapping.fields.FIELD]")
    return f"; it belongs in {' or '.join(homes)}" if homes else ""


def table_of(path: Sequence[str | int], tree: Mapping[str, Any]) -> type:
    """Find the table that has the keys at a path."""
    match path:
        case ["org", "auth"]:
            return LOGINS[tree["org"]["auth"]["kind"]]
        case ["mapping", "children" | "cases", _, *_]:
            return _record_table(path[2:])
        case ["mapping", "fields", _]:
            return FieldRules
        case _:
            return SECTIONS[str(path[0])]


def _record_table(path: Sequence[str | int]) -> type:
    """Find the table at a path that begins with the name of a child relationship or an object."""
    match path:
        case [_, "children", *below] if below:
            return _record_table(below)
        case [_, "fields", _]:
            return FieldRules
        case [_, "when"]:
            return Condition
        case _:
            return RecordRules
