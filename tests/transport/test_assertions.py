"""Assertions: signed so that the org can check them, by a key that is read once."""

from datetime import UTC, datetime

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from pipeline.errors import UsageError
from pipeline.model.wire import Delivery, Reply, Request
from pipeline.transport.assertions import Signer
from pipeline.transport.logins import JwtBearer

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
KEY = rsa.generate_private_key(65537, 2048)
AUDIENCE = "https://test.salesforce.com"


def pem(key: PrivateKeyTypes, encryption: KeySerializationEncryption | None = None) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()).decode()


def claims(assertion: str) -> dict:
    return jwt.decode(assertion, KEY.public_key(), ["RS256"], audience=AUDIENCE, options={"verify_exp": False})


def test_an_assertion_says_who_for_whom_and_for_three_minutes_at_most():
    said = claims(Signer(lambda: pem(KEY)).sign("key", "me@x.example", AUDIENCE, NOW))
    assert said.pop("exp") - NOW.timestamp() == 120
    assert said == {"iss": "key", "sub": "me@x.example", "aud": AUDIENCE}


def test_the_key_is_read_once():
    read: list[str] = []

    def key() -> str:
        read.append("read")
        return pem(KEY)

    signer = Signer(key)
    for _ in range(3):
        signer.sign("key", "me", AUDIENCE, NOW)
    assert read == ["read"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("s3cret", "is no private key in PEM form"),
        (pem(KEY, BestAvailableEncryption(b"x")), "is encrypted"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "is no RSA key"),
    ],
)
def test_a_key_that_cannot_sign_is_refused_and_not_shown(text: str, words: str):
    with pytest.raises(UsageError, match=words) as refused:
        Signer(lambda: text).sign("key", "me", AUDIENCE, NOW)
    assert "s3cret" not in str(refused.value)


async def test_a_sandbox_is_asked_with_an_assertion_for_test_salesforce_com():
    asked: list[str] = []

    async def send(url: str, request: Request) -> Delivery:
        asked.append((request.body or b"").decode().partition("assertion=")[2])
        return Reply(200, {}, b'{"access_token":"t","instance_url":"https://x--y.sandbox.my.salesforce.com"}')

    login = JwtBearer(AUDIENCE, lambda: "key", "me", lambda: pem(KEY), audience="", now=lambda: NOW)
    assert (await login(send)).instance_url == "https://x--y.sandbox.my.salesforce.com"
    assert claims(asked[0])["aud"] == AUDIENCE
