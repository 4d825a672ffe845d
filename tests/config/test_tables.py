from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, is_dataclass
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.config import Settings
from pipeline.config.tables import Tables

Load = Callable[..., Settings]

JOB = """\
[job]
name = "a"
object = "Contact"
[org]
url = "https://x.my.salesforce.com"
auth = {kind = "access_token", token = "env:X"}
"""


def test_settings_are_frozen_at_every_depth(loaded: Load):
    settings = loaded(JOB)
    tables = [settings, *(getattr(settings, field.name) for field in fields(settings)), settings.org.auth]
    for table in tables:
        if is_dataclass(table):
            with pytest.raises(FrozenInstanceError):
                setattr(table, fields(table)[0].name, "other")
    assert sum(map(is_dataclass, tables)) == 11


def test_even_the_errors_of_pydantic_itself_hide_what_was_given():
    with pytest.raises(ValidationError) as wrong:
        Tables.model_validate_json('{"job": {"object": ["s3cret"]}, "org": {"s3": "s3cret"}}', context=Path("/job.toml"))
    assert wrong.value.error_count() == 3
    assert "s3cret" not in str(wrong.value)


@pytest.mark.parametrize(
    "override",
    [
        "job.name=b",
        "job.object=Lead",
        "org.url=https://y.my.salesforce.com",
        "org.api_version=66",
        "read.delimiter=;",
        "mapping.columns.A=B",
        "mapping.constants.A=1",
        "mapping.ignore=['A']",
        "mapping.empty_cells=null",
        "duplicates.columns=['A']",
        "effects.assignment=active",
        "effects.duplicate_rules=allow",
    ],
)
def test_what_is_loaded_where_makes_another_digest(loaded: Load, override: str):
    assert loaded(JOB, [override]).digest() != loaded(JOB).digest()


@pytest.mark.parametrize(
    "override",
    [
        "job.input=x.csv",
        "job.state=elsewhere",
        "job.reports=elsewhere",
        "org.api_version=v67",
        "org.url=https://X.my.salesforce.com/",
        "org.auth.token=env:Y",
        'org.auth={kind = "client_credentials", client_id = "x", client_secret = "env:Y"}',
        "org.client=nightly",
        "effects.recently_viewed=true",
        "send.concurrency=1",
        "send.chunk_records=1",
        'read.max_line="16MiB"',
    ],
)
def test_pace_places_and_login_make_no_other_digest(loaded: Load, override: str):
    assert loaded(JOB, [override]).digest() == loaded(JOB).digest()


def test_the_order_of_columns_makes_no_other_digest(loaded: Load):
    one = loaded(JOB + "[mapping]\ncolumns = {A = 'X', B = 'Y'}\n").digest()
    assert loaded(JOB + "[mapping]\ncolumns = {B = 'Y', A = 'X'}\n").digest() == one
    assert len(one) == 64
    assert int(one, 16)


def test_a_number_and_its_text_are_different_constants(loaded: Load):
    assert loaded(JOB, ["mapping.constants.A=1"]).digest() != loaded(JOB, ["mapping.constants.A='1'"]).digest()
