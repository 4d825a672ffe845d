"""What single values of `[job]` and `[org]` may be. Each function gives the value as the program holds it.

What is wrong is said without repeating the value: it may be a secret that was put in the wrong place.
"""

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from pipeline.config import org_address
from pipeline.config.org_address import EMBEDDED
from pipeline.config.secret import SOURCES, SecretRef
from pipeline.sources.address import address_of, is_remote

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_OBJECT = r"[A-Za-z][A-Za-z0-9_]{0,79}"
_CLIENT = r"[A-Za-z0-9._/-]{1,64}"
_VERSION = r"v?([0-9]{2,3})(\.0)?"
_REFERENCE = f"^({'|'.join(SOURCES)}):.+$"
_OLDEST_VERSION = 50
NO_OBJECT = 'must be the API name of an object, such as "Contact" or "Invoice__c"'


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError('must be text, in quotes: "..."')  # noqa: TRY004 - pydantic collects ValueErrors
    return value


def _config(check: ValidationInfo) -> Path:
    """Give the file that is being checked: names and paths start from it."""
    if not isinstance(check.context, Path):
        raise TypeError("settings are checked with the path of their file as context")
    return check.context


def _name(value: object, check: ValidationInfo) -> str:
    text = _text(value)
    wanted = "letters, digits, and . _ - after the first of them; at most 64, because folders are named by it"
    if not text and not re.fullmatch(_NAME, _config(check).stem):
        raise ValueError(f"is required, because the file's own name can't be the job's: {wanted}")
    if text and not re.fullmatch(_NAME, text):
        raise ValueError(f"must be {wanted}")
    return text or _config(check).stem


def _object(value: object) -> str:
    """Pass an empty name, which is what isn't given."""
    if (text := _text(value)) and not re.fullmatch(_OBJECT, text):
        raise ValueError(NO_OBJECT)
    return text


def _place(text: str, check: ValidationInfo) -> str:
    """Make a path absolute: it counts from the folder of the configuration, of which no part is a link any more."""
    if not text or "\0" in text:
        raise ValueError("must be a path, and can't be empty")
    if text.startswith("~"):
        raise ValueError("a path with ~ means something else to each user: write it from / or from this file's folder")
    return os.path.normpath(_config(check).parent / text)


def _folder(value: object, check: ValidationInfo) -> Path:
    return Path(_place(str(value) if isinstance(value, Path) else _text(value), check))


def _file(value: object, check: ValidationInfo) -> str:
    """Pass an empty path, which is what isn't given."""
    return _place(text, check) if (text := _text(value)) else ""


def _patterns(value: object, check: ValidationInfo) -> tuple[str, ...]:
    patterns = [_text(pattern) for pattern in (value if isinstance(value, list | tuple) else [value])]
    if any(map(is_remote, patterns)):
        raise ValueError("must be on this machine: only job.input may be an address")
    return tuple(_place(pattern, check) for pattern in patterns)


def _inputs(value: object, check: ValidationInfo) -> tuple[str, ...]:
    inputs = [_text(each) for each in (value if isinstance(value, list | tuple) else [value])]
    return tuple(str(address_of(each)) if is_remote(each) else _place(each, check) for each in inputs)


def _url(value: object) -> str:
    return org_address.address_of(_text(value))


def _api_version(value: object) -> str:
    found = re.fullmatch(_VERSION, str(value).lower()) if isinstance(value, str | int | float) else None
    if found is None or int(found[1]) < _OLDEST_VERSION:
        raise ValueError(f'must be a version of the API, such as "67.0"; the oldest that will do is {_OLDEST_VERSION}.0')
    return f"{found[1]}.0"


def _secret(value: object, check: ValidationInfo) -> SecretRef:
    return SecretRef.parse(value if isinstance(value, str) else "", _config(check).parent)


def _optional_secret(value: object, check: ValidationInfo) -> SecretRef | None:
    return _secret(value, check) if value else None


def _client_id(value: object, check: ValidationInfo) -> str | SecretRef:
    text = _text(value)
    if text.partition(":")[0] in SOURCES:
        return _secret(text, check)
    if not text or not text.isprintable():
        raise ValueError("must be the consumer key of a connected app, or a reference to it")
    return text


def _word(value: object) -> str:
    text = _text(value)
    if not text or not text.isprintable() or text.startswith("-") or " " in text:
        raise ValueError("must be a name without blanks, and can't begin with -")
    return text


def _client(value: object) -> str:
    text = _text(value)
    if text and not re.fullmatch(_CLIENT, text):
        raise ValueError("must be letters, digits and . _ / -, at most 64")
    return text


def _audience(value: object) -> str:
    text = _text(value)
    if text and (text == EMBEDDED or not re.fullmatch(r"https://[A-Za-z0-9./_-]+", text)):
        raise ValueError('must be "https://login.salesforce.com", "https://test.salesforce.com" or the address of the org')
    return text.rstrip("/")


Name = Annotated[str, PlainValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^({_NAME})?$"})]
ObjectName = Annotated[str, PlainValidator(_object), WithJsonSchema({"type": "string", "pattern": f"^{_OBJECT}$"})]
Folder = Annotated[Path, PlainValidator(_folder, json_schema_input_type=str)]
File = Annotated[str, PlainValidator(_file, json_schema_input_type=str)]
Patterns = Annotated[tuple[str, ...], PlainValidator(_patterns, json_schema_input_type=str | list[str])]
Inputs = Annotated[tuple[str, ...], PlainValidator(_inputs, json_schema_input_type=str | list[str])]
Url = Annotated[str, PlainValidator(_url), WithJsonSchema({"type": "string", "pattern": "^(embedded|https?://[^/]+/?)$"})]
ApiVersion = Annotated[str, PlainValidator(_api_version, json_schema_input_type=str | int | float)]
Secret = Annotated[SecretRef, PlainValidator(_secret), WithJsonSchema({"type": "string", "pattern": _REFERENCE})]
OptionalSecret = Annotated[
    SecretRef | None, PlainValidator(_optional_secret), WithJsonSchema({"type": "string", "pattern": f"{_REFERENCE}|^$"})
]
ClientId = Annotated[str | SecretRef, PlainValidator(_client_id, json_schema_input_type=str)]
Client = Annotated[str, PlainValidator(_client), WithJsonSchema({"type": "string", "pattern": f"^({_CLIENT})?$"})]
Word = Annotated[str, PlainValidator(_word, json_schema_input_type=str)]
Audience = Annotated[str, PlainValidator(_audience, json_schema_input_type=str)]
