import base64
from contextlib import suppress
from pathlib import Path

import jwt
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulator import equip
from pipeline.simulator.assertions import claims_of, is_for, is_signed

CLAIMS = {"iss": "embedded", "aud": "https://login.salesforce.com", "exp": 1}
HERE = "http://127.0.0.1:8080"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("logins")
    equip(path, rotates=False)
    return path


def test_what_the_key_has_signed_is_by_its_certificate(folder: Path):
    signed = jwt.encode(CLAIMS, (folder / "app.key").read_text(), algorithm="RS256")
    assert claims_of(signed) == CLAIMS
    assert is_signed(signed, (folder / "app.crt").read_bytes())
    assert not is_signed(signed, None)


def test_what_another_key_has_signed_is_not(folder: Path, tmp_path: Path):
    equip(tmp_path, rotates=False)
    signed = jwt.encode(CLAIMS, (tmp_path / "app.key").read_text(), algorithm="RS256")
    assert not is_signed(signed, (folder / "app.crt").read_bytes())


def test_what_was_changed_after_it_was_signed_is_not(folder: Path):
    head, _, signature = jwt.encode(CLAIMS, (folder / "app.key").read_text(), algorithm="RS256").split(".")
    claims = base64.urlsafe_b64encode(orjson.dumps(CLAIMS | {"exp": 2})).rstrip(b"=").decode()
    assert not is_signed(f"{head}.{claims}.{signature}", (folder / "app.crt").read_bytes())


def test_a_signature_by_a_shared_secret_is_none():
    with pytest.raises(ValueError, match="RS256"):
        claims_of(jwt.encode(CLAIMS, "x" * 32, algorithm="HS256"))


@given(
    st.text()
    | st.lists(st.binary(), min_size=3, max_size=3).map(lambda parts: b".".join(map(base64.urlsafe_b64encode, parts)).decode())
)
def test_whatever_comes_is_claims_or_a_value_error(text: str):
    with suppress(ValueError):
        assert isinstance(claims_of(text), dict)


@pytest.mark.parametrize("audience", ["https://login.salesforce.com", "https://test.salesforce.com/", HERE, [HERE]])
def test_an_org_knows_itself_and_the_login_hosts(audience: object):
    assert is_for(audience, HERE)


@pytest.mark.parametrize("audience", ["https://na1.salesforce.com", "", None, 1, []])
def test_another_audience_is_another(audience: object):
    assert not is_for(audience, HERE)
