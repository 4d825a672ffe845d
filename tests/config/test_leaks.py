"""A secret that stands in the wrong place shows in no message."""

import copy
import string
import traceback
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pipeline.config import Misconfigured, load

LOGIN = {"kind": "client_credentials", "client_id": "3MVG9", "client_secret": "env:X"}
JOB: dict[str, Any] = {
    "job": {"name": "a", "object": "Contact", "input": ["x.csv"], "state": "s", "reports": "r"},
    "org": {"url": "https://x.my.salesforce.com", "api_version": "67.0", "auth": LOGIN, "token": "y"},
    "read": {"format": "csv", "delimiter": ";", "quote": '"', "max_line": 1000, "allow_empty": True},
    "mapping": {"columns": {"A": "B"}, "constants": {"C": 1}, "ignore": ["D"], "empty_cells": "null"},
    "send": {"chunk_records": 5, "chunk_bytes": "1MB", "timeout": "5s", "requests_per_second": 1, "password": "z"},
    "secrets": {"token": "x"},
}
SECRETS = st.one_of(
    st.text(string.ascii_letters + string.digits, min_size=8, max_size=60).map("Zq7{}".format),
    st.text(string.ascii_letters + string.digits + "!._-/+=", min_size=8, max_size=60).map("00Dxx0000001!{}".format),
    st.integers(10**15, 10**25),
)


def places(tree: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [place for key, value in inner for place in [(*path, key), *places(value, (*path, key))]]


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{orjson.dumps(key).decode()} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else orjson.dumps(value).decode()


def shapes(secret: object) -> list[Any]:
    return [
        secret,
        f" {secret}",
        f"env:{secret}!",
        f"https://user:{secret}@x.my.salesforce.com",
        [secret],
        {"value": secret},
        {"kind": secret},
    ]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(places(JOB)), SECRETS, st.data())
def test_a_secret_in_any_place_of_the_file_shows_in_no_message(
    tmp_path: Path, place: tuple[str | int, ...], secret: object, data: st.DataObject
):
    tree: Any = copy.deepcopy(JOB)
    table = tree
    for key in place[:-1]:
        table = table[key]
    table[place[-1]] = data.draw(st.sampled_from(shapes(secret)))
    path = tmp_path / "job.toml"
    path.write_text("".join(f"{section} = {toml(value)}\n" for section, value in tree.items()))
    assume(str(secret) not in str(path))
    with pytest.raises(Misconfigured) as wrong:
        load(path, environ={})
    assert str(secret) not in "".join(traceback.format_exception(wrong.value))
    assert str(secret) not in repr(wrong.value)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    SECRETS.map(str),
    st.sampled_from(["", "=", "==", "org.auth.token=", "org.auth.kind=", "org.auth=", "org=", "x.y=", "=x", "send.timeout="]),
)
def test_a_secret_in_any_override_shows_in_no_message(tmp_path: Path, secret: str, before: str):
    path = tmp_path / "job.toml"
    path.write_text('[job]\nobject = "A"\n[org]\nurl = "https://x.my.salesforce.com"\n')
    for argument in (before + secret, secret + before, f"{secret}=x", f"{secret}.x=y"):
        with pytest.raises(Misconfigured) as wrong:
            load(
                path,
                overrides=[argument],
                environ={"TREELOAD_ORG__AUTH__CLIENT_SECRET": secret, "TREELOAD_SEND__TIMEOUT": secret},
            )
        assert secret not in "".join(traceback.format_exception(wrong.value))


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(SECRETS.map(str))
def test_settings_show_references_and_never_what_stands_for_a_login(tmp_path: Path, secret: str):
    path = tmp_path / "job.toml"
    login = f'auth = {{kind = "client_credentials", client_id = "{secret}", client_secret = "env:SF_SECRET"}}'
    path.write_text(f'[job]\nobject = "A"\n[org]\nurl = "https://x.my.salesforce.com"\n{login}\n')
    shown = repr(load(path, environ={"SF_SECRET": secret}))
    assert "SF_SECRET" in shown
    assert secret not in shown
