"""A server is trusted if the machine trusts its certificate, and else nothing is sent to it."""

import shutil
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from pipeline.model.wire import Delivery, NotSent, Purpose, Reply, Request
from pipeline.transport.exchange import Exchange

READ = Request("GET", "/services/data/v67.0/limits", Purpose.LIMITS)
MAKE = "openssl req -x509 -newkey ed25519 -nodes -days 2 -subj /CN=org -addext subjectAltName=IP:127.0.0.1"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Make a certificate that nobody has signed; its key is in the same file."""
    if not shutil.which("openssl"):
        pytest.skip("needs the command openssl")
    key, made = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run([*MAKE.split(), "-keyout", key, "-out", made], check=True, capture_output=True)
    made.write_bytes(made.read_bytes() + key.read_bytes())
    return made


@pytest.fixture
async def server(certificate: Path) -> AsyncIterator[str]:
    """Serve by TLS with that certificate."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def ask(url: str) -> Delivery:
    async with Exchange(concurrency=1, timeout=30, calls={}) as way:
        return await way.send(url, READ)


async def test_a_server_whose_certificate_the_machine_trusts_is_asked(server: str, certificate: Path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert isinstance(await ask(server), Reply)


async def test_a_server_whose_certificate_nobody_has_signed_is_not_asked(server: str):
    assert await ask(server) == NotSent(
        "the certificate of 127.0.0.1 is not trusted: name its authority in org.ca_file, if that is a private one"
    )


def test_only_the_import_of_aiohttp_goes_without_certificates():
    code = (
        "import ssl; before = ssl.SSLContext.set_default_verify_paths\n"
        "import pipeline.transport.exchange, aiohttp.connector as theirs\n"
        "assert ssl.SSLContext.set_default_verify_paths is before\n"
        "assert theirs._SSL_CONTEXT_VERIFIED.cert_store_stats()['x509'] == 0\n"
        "assert theirs._SSL_CONTEXT_VERIFIED.verify_mode is ssl.CERT_REQUIRED\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
