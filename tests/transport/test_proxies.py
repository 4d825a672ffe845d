"""Which proxy leads to a server."""

import pytest

from pipeline.errors import UsageError
from pipeline.transport.proxies import proxy_for


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def test_without_a_setting_the_way_is_direct():
    assert proxy_for("https://example.my.salesforce.com") is None


@pytest.mark.parametrize(
    ("setting", "proxy"),
    [("http://proxy:3128", "http://proxy:3128"), ("proxy:3128", "http://proxy:3128"), ("", None)],
)
def test_the_environment_names_the_proxy(setting: str, proxy: str | None, environment: pytest.MonkeyPatch):
    environment.setenv("https_proxy", setting)
    assert proxy_for("https://example.my.salesforce.com") == proxy


def test_each_scheme_has_its_own(environment: pytest.MonkeyPatch):
    environment.setenv("http_proxy", "http://proxy:3128")
    assert proxy_for("https://example.my.salesforce.com") is None


@pytest.mark.parametrize("url", ["https://example.my.salesforce.com", "https://example.my.salesforce.com:8443"])
def test_exceptions_are_kept(url: str, environment: pytest.MonkeyPatch):
    environment.setenv("https_proxy", "http://proxy:3128")
    environment.setenv("no_proxy", "other.example,.salesforce.com")
    assert proxy_for(url) is None


def test_an_exception_for_one_port_is_for_that_port(environment: pytest.MonkeyPatch):
    environment.setenv("https_proxy", "http://proxy:3128")
    environment.setenv("no_proxy", "example.my.salesforce.com:8443")
    assert proxy_for("https://example.my.salesforce.com:8443") is None
    assert proxy_for("https://example.my.salesforce.com") == "http://proxy:3128"


@pytest.mark.parametrize("url", ["http://localhost:8080", "http://127.0.0.1:9", "http://[::1]:9"])
def test_this_machine_is_never_asked_for_through_a_proxy(url: str, environment: pytest.MonkeyPatch):
    environment.setenv("http_proxy", "http://proxy:3128")
    assert proxy_for(url) is None


@pytest.mark.parametrize(
    "setting",
    [
        "http://user:s3cret@proxy:port",
        "user:s3cret@",
        "http://[s3cret",
        "socks5://user:s3cret@proxy:1080",
        "http://user:s3cret@:3128",
        "//user:s3cret@proxy",
        "http://user:s3/cret@proxy:3128",
        "http://user:s3cret@proxy:0",
    ],
)
def test_what_is_no_proxy_is_said_without_its_password(setting: str, environment: pytest.MonkeyPatch):
    environment.setenv("https_proxy", setting)
    with pytest.raises(
        UsageError, match="HTTPS_PROXY in the environment is no address of a proxy: write http://host:port"
    ) as wrong:
        proxy_for("https://example.my.salesforce.com")
    assert "s3" not in str(wrong.value)
    assert wrong.value.__suppress_context__ or wrong.value.__context__ is None


@pytest.mark.parametrize("password", ["s3%2Fcret", "s3@cret", "s3 cret", "s3%ffcret"])
def test_a_password_may_have_any_characters(password: str, environment: pytest.MonkeyPatch):
    environment.setenv("https_proxy", f"http://user:{password}@proxy:3128")
    assert proxy_for("https://example.my.salesforce.com") == f"http://user:{password}@proxy:3128"
