"""The first configuration for somebody's file, as text: every guess in it is a line with a comment to look at."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from pipeline.config.org_address import EMBEDDED

_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 64
_CENTURY = ", century = 1930"
_ZONE = ', zone = "UTC"'
_IGNORED = "ignore = [ # NOT LOADED: map what is needed in [mapping.columns], and take it out here"
_PROOF = (
    "# What became of a request whose reply was lost is told by a field that is unique in the org. Best is a text field of your",
    "# own that treeload fills (40 characters or more, unique, external id); or a unique field that a column gives.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is known of the file and the object."""

    made_by: str
    """The command."""
    target: str
    """The object."""
    why: str
    """How the object was chosen."""
    input: str
    """As it is to stand in the configuration: relative to its folder."""
    url: str
    login: str
    """`""` for the embedded org, `access_token` or `client_credentials`."""
    token: str
    """The reference, where the login is a token."""
    found: Mapping[str, str]
    """What was found out about reading the file: setting and value; it is found again each time."""
    read: Mapping[str, Any]
    """Settings of `[read]` that were given."""
    columns: Sequence[tuple[str, str, str]]
    """Column, field, and what to say of that."""
    ignored: Sequence[tuple[str, str]]
    """Columns that are not loaded, and why."""
    nested: Sequence[tuple[str, str]]
    """Keys that hold records of their own, and what to say of that."""
    dates: Sequence[tuple[str, str, Sequence[str], bool]]
    """Column, field and forms of dates that may be meant; and whether the field has a time of day."""
    missing: Sequence[str]
    """Fields that the org requires, and no column gives."""
    marker: Sequence[str]
    """Fields that could be the marker."""
    keys: Sequence[tuple[str, str]]
    """Columns that could be the business key, with their fields."""
    learn: str = ""
    """The file, as it is to stand in the configuration, if the embedded org is to take over what its records have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDraft:
    """What is known of a plan of the Salesforce CLI, which says itself what its files hold."""

    made_by: str
    """The command."""
    files: Sequence[tuple[str, str]]
    """Each file of the plan, and the object of its records."""
    input: str
    """The plan, as it is to stand in the configuration."""
    url: str
    login: str
    token: str


def job_name(path: Path) -> str:
    """Make of a file's name one that a job may have."""
    return _NAME.sub("-", path.name.split(".")[0]).strip("-.")[:_LONGEST_NAME] or "job"


def written(draft: Draft, path: Path) -> str:
    """Write the configuration that will lie at `path`."""
    parts = [
        *_head(draft.made_by, path),
        _setting("object", draft.target, draft.why),
        f"input = {_text(_beside(draft.input))}",
        "",
        *_org(draft.url, draft.login, draft.token, _beside(draft.learn)),
        "",
        *_read(draft),
        "",
        *_mapping(draft),
    ]
    return "\n".join(parts) + "\n"


def written_for_plan(draft: PlanDraft, path: Path) -> str:
    """Write the configuration for a plan that will lie at `path`: fields go by their names, and nothing is mapped."""
    parts = [
        *_head(draft.made_by, path),
        _setting("input", _beside(draft.input), "says itself which objects its files hold:"),
        *(f"# {_said(file)}: {_said(name)}" for file, name in draft.files),
        "",
        *_org(draft.url, draft.login, draft.token, _beside(draft.input)),
        "",
        "[mapping]",
        "check = true # rows that the org would surely refuse are rejected here, without a call",
    ]
    return "\n".join(parts) + "\n"


def _beside(path: str) -> str:
    """Write the name of a file so that it isn't taken for somebody's home."""
    return f"./{path}" if path.startswith("~") else path


def _head(made_by: str, path: Path) -> list[str]:
    name = job_name(path)
    return [
        f"# Written by `{_said(made_by)}`. Look through it, then: treeload check {_said(path.name)}",
        "# All settings: configs/template.toml and configs/README.md of treeload.",
        "",
        "[job]",
        *([f"name = {_text(name)}"] if name != path.stem else []),
    ]


def _org(url: str, login: str, token: str, learn: str) -> list[str]:
    if url == EMBEDDED:
        learned = "the embedded org takes over objects and fields from there; drop it when the org is your own"
        return [
            "[org]",
            _setting("url", EMBEDDED, "the org that is part of treeload: try the load there, then put your own in its place:"),
            *([_setting("learn", learn, learned)] if learn else []),
            '#url = "https://acme.my.salesforce.com"',
            "#[org.auth]",
            *("#" + line for line in _login("client_credentials", "")),
        ]
    return ["[org]", f"url = {_text(url)}", "", "[org.auth]", *_login(login, token)]


def _login(kind: str, token: str) -> list[str]:
    if kind == "access_token":
        return ['kind = "access_token"', f"token = {_text(token)}"]
    return ['kind = "client_credentials"', 'client_id = "env:SF_CLIENT_ID"', 'client_secret = "env:SF_CLIENT_SECRET"']


def _read(draft: Draft) -> list[str]:
    given = [f"{key} = {_value(value)}" for key, value in draft.read.items()]
    found = [_setting(f"#{key}", value, "found in the file") for key, value in draft.found.items() if key not in draft.read]
    return ["[read]", *given, *found]


def _mapping(draft: Draft) -> list[str]:
    ignored = [f"    {_text(column)}, # {_said(why)}" for column, why in draft.ignored]
    if ignored:
        ignored = [_IGNORED, *ignored, "]"]
    return [
        "[mapping]",
        "check = true # rows that the org would surely refuse are rejected here, without a call",
        *ignored,
        *(f"# {_said(column)} {_said(why)}" for column, why in draft.nested),
        "",
        *_PROOF,
        *([f"#marker = {_text(name)}" for name in draft.marker] or ['#marker = "Import_Mark__c"']),
        *(_setting("#key", field, f"column {column!r} gives it") for column, field in draft.keys),
        "",
        "[mapping.columns] # column = field",
        *(_setting(_text(column), field, said) for column, field, said in draft.columns),
        *_dates(draft),
        "",
        "[mapping.constants] # field = value, on every record",
        *(f'#{field} = "" # REQUIRED by {draft.target}, and no column gives it' for field in draft.missing),
        *([] if draft.missing else ['#LeadSource = "Import"']),
    ]


def _dates(draft: Draft) -> list[str]:
    lines = [
        f"#{field} = {{ from = {_text(column)}, date = {_text(form)}{_CENTURY * ('%y' in form)}{_ZONE * timed} }}"
        for column, field, forms, timed in draft.dates
        for form in forms
    ]
    several = any(len(forms) > 1 for _, _, forms, _ in draft.dates)
    how = (
        "LOOK: take one of the forms that fit the first rows, and no other"
        if several
        else "LOOK: the form that fits the first rows"
    )
    return ["", f"[mapping.fields] # field = how it comes about. {how}", *lines] if lines else []


def _setting(key: str, value: str, said: str) -> str:
    return f"{key} = {_text(value)}" + (f" # {_said(said)}" if said else "")


def _value(value: Any) -> str:
    return _text(value) if isinstance(value, str) else orjson.dumps(value).decode()


def _text(text: str) -> str:
    """Write a TOML string; JSON's are the same but for one character."""
    return orjson.dumps(text).decode().replace("\x7f", "\\u007F")


def _said(text: str) -> str:
    """Make text fit for a comment: one line, without what TOML forbids there."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
