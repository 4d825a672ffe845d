import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.salesforce.organization import UNKNOWN, for_trying, organization

RECORD = {"Name": "Acme", "IsSandbox": False, "TrialExpirationDate": None, "OrganizationType": "Enterprise Edition"}
ANY = st.one_of(st.none(), st.booleans(), st.text(), st.integers(), st.lists(st.text()))


@pytest.mark.parametrize(
    "url",
    [
        "https://acme--dev.sandbox.my.salesforce.com",
        "https://acme.scratch.my.salesforce.com",
        "https://acme-dev-ed.develop.my.salesforce.com",
        "https://acme.trailblaze.my.salesforce.com",
        "http://localhost:8080",
        "http://127.0.0.1:1",
        "http://[::1]:1",
    ],
)
def test_some_addresses_say_that_an_org_is_for_trying(url: str):
    assert for_trying(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.my.salesforce.com",
        "https://acme--dev.my.salesforce.com",  # an old sandbox: it is asked
        "https://sandbox.my.salesforce.com",
        "https://acme.free.my.salesforce.com",
        "https://acme.sandbox.my.salesforce.com.evil.example",
        "https://localhost:8443",
        "http://proxy:8080",
        "https://na139.salesforce.com",
    ],
)
def test_all_others_have_to_be_asked(url: str):
    assert not for_trying(url)


@pytest.mark.parametrize(
    "changed",
    [
        {"IsSandbox": True},
        {"IsSandbox": True, "TrialExpirationDate": "2026-12-24T00:00:00.000+0000"},
        {"TrialExpirationDate": "2026-12-24T00:00:00.000+0000"},
        {"OrganizationType": "Developer Edition"},
    ],
    ids=["sandbox", "scratch", "trial", "developer"],
)
def test_an_org_for_trying_says_so(changed: dict):
    assert organization([RECORD]).production
    assert not organization([RECORD | changed]).production


def test_it_is_called_by_its_name_and_edition_without_what_would_move_a_cursor():
    found = organization([RECORD | {"Name": "Ac\x1b[2Jme\n Müller"}])
    assert (found.name, found.edition) == ("Ac[2Jme Müller", "Enterprise Edition")


@given(st.lists(st.dictionaries(st.sampled_from(list(RECORD)), ANY), max_size=2))
def test_whatever_is_said_only_clear_words_make_it_an_org_for_trying(records: list[dict]):
    found = organization(records)
    assert found.name.isprintable()
    clear = bool(records) and (
        records[0].get("IsSandbox") is True
        or bool(records[0].get("TrialExpirationDate"))
        or records[0].get("OrganizationType") == "Developer Edition"
    )
    assert found.production != clear


def test_an_org_without_a_record_is_in_production():
    assert organization([]) == UNKNOWN
