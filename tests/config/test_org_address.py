import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.org_address import address_of


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.my.salesforce.com",
        "https://acme--dev.sandbox.my.salesforce.com",
        "https://acme-dev-ed.develop.my.salesforce.com",
        "https://acme.my.salesforce.com:8443",
        "https://acme.my.sfcrmproducts.cn",
        "https://acme.my.salesforce.mil",
        "https://login.salesforce.com",
        "https://na1.salesforce.com",
        "https://proxy.acme.example",
        "http://127.0.0.1:8080",
    ],
)
def test_where_an_api_is_is_taken_as_it_is(url: str):
    assert address_of(url) == address_of(f"{url}/") == address_of(url.upper()) == url


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("https://acme.lightning.force.com/lightning/page/home", "acme.my.salesforce.com"),
        ("acme--dev.sandbox.lightning.force.com", "acme--dev.sandbox.my.salesforce.com"),
        ("https://acme-dev-ed.develop.lightning.force.com/", "acme-dev-ed.develop.my.salesforce.com"),
        ("https://acme.my.salesforce-setup.com/lightning/setup/SetupOneHome/home", "acme.my.salesforce.com"),
        ("https://acme--dev.sandbox.my.salesforce-setup.com", "acme--dev.sandbox.my.salesforce.com"),
        ("https://acme--c.vf.force.com/apex/page", "acme.my.salesforce.com"),
        ("https://acme--dev--c.sandbox.vf.force.com", "acme--dev.sandbox.my.salesforce.com"),
        ("https://acme.file.force.com", "acme.my.salesforce.com"),
        ("https://acme.lightning.crmforce.mil", "acme.my.salesforce.mil"),
        ("https://acme.sandbox.lightning.sfcrmapps.cn", "acme.sandbox.my.sfcrmproducts.cn"),
        ("http://acme.lightning.force.com", "acme.my.salesforce.com"),
    ],
)
def test_what_a_browser_shows_is_answered_with_what_to_write(shown: str, meant: str):
    if "://" not in shown:
        shown = f"https://{shown}"
    with pytest.raises(ValueError, match=f'write "https://{meant}"'):
        address_of(shown)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://acme.my.salesforce.com/services/data", "must end with the name of the host"),
        ("https://acme.my.salesforce.com?x=1", "must end with the name of the host"),
        ("http://acme.my.salesforce.com/", "must begin with https://"),
        ("acme.my.salesforce.com", "must be .* https:// and the name of a host"),
        ("https://user:s3cret@acme.my.salesforce.com", "must be .* https:// and the name of a host"),
        ("wss://acme.my.salesforce.com", "must be .* https:// and the name of a host"),
    ],
)
def test_what_is_no_address_is_answered_without_it(url: str, said: str):
    with pytest.raises(ValueError, match=said) as wrong:
        address_of(url)
    assert "acme" not in str(wrong.value)
    assert "s3cret" not in str(wrong.value)


@given(st.from_regex(r"https?://[a-z0-9.-]{1,30}(:[0-9]{1,5})?(/[a-z]*)?", fullmatch=True))
def test_an_address_that_is_taken_stays_as_it_is(url: str):
    try:
        address = address_of(url)
    except ValueError:
        return
    assert address_of(address) == address
