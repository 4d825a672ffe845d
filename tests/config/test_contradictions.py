"""Settings that don't go together are said at their own lines."""

import pytest

from tests.config.conftest import Findings

START = '[job]\nobject = "Contact"\n[org]\n'
LOGIN = 'auth = {kind = "access_token", token = "env:X"}\n'


@pytest.mark.parametrize("setting", ["ca_file", "client_certificate"])
@pytest.mark.parametrize(("url", "login"), [("embedded", ""), ("http://localhost:8080", LOGIN)])
def test_certificates_are_for_tls_only(findings: Findings, url: str, login: str, setting: str):
    said = findings(f'{START}url = "{url}"\n{login}{setting} = "x.pem"\n')
    assert f"org.{setting}: must be left out: only an org at https:// is reached by TLS" in said[-1]


@pytest.mark.parametrize(
    ("given", "missing"), [('client_certificate = "x.pem"', "client_key"), ('client_key = "file:x.key"', "client_certificate")]
)
def test_a_client_certificate_and_its_key_go_together(findings: Findings, given: str, missing: str):
    [said] = findings(f'{START}url = "https://x.my.salesforce.com"\n{LOGIN}{given}\n')
    assert said.endswith(f"org.{missing}: is required: a client certificate and its key go together")


def test_a_client_key_is_a_reference(findings: Findings):
    [said] = findings(f'{START}url = "https://x.my.salesforce.com"\n{LOGIN}client_certificate = "x"\nclient_key = "s3cret.key"\n')
    assert said.startswith("7: org.client_key: a secret is given by reference only")
    assert "s3cret" not in said
