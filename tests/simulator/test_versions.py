import pytest

from pipeline.simulator import Org
from pipeline.simulator.errors import ApiError
from pipeline.simulator.versions import check


@pytest.mark.parametrize("path", ["/services/data", "/services/data/"])
async def test_the_versions_need_no_token_and_cost_nothing(api, org: Org, path: str):
    reply = await api.ask("GET", path, token="none")
    assert reply.status == 200
    assert [version["version"] for version in reply.json] == [f"{number}.0" for number in range(31, 68)]
    assert reply.json[-1] == {"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"}
    assert (reply.json[0]["label"], reply.json[30]["label"]) == ("Summer '14", "Summer '24")
    assert "Sforce-Limit-Info" not in reply.headers
    assert org.allowance.total == 0


async def test_a_version_lists_its_resources_and_who_is_asking(api):
    reply = await api.ask("GET", "/services/data/v61.0")
    assert reply.json["sobjects"] == "/services/data/v61.0/sobjects"
    who = await api.ask("GET", reply.json["identity"].removeprefix(api.url))
    assert who.json["organization_id"].startswith("00D")
    assert who.json["user_id"].startswith("005")


@pytest.mark.parametrize("version", ["v31.0", "v67.0"])
def test_a_served_version_is_accepted(version: str):
    check(version)


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("v21.0", 410),
        ("v30.0", 410),
        ("v20.0", 404),
        ("v68.0", 404),
        ("v67", 404),
        ("v67.1", 404),
    ],
)
def test_other_versions_are_retired_or_unknown(version: str, status: int):
    with pytest.raises(ApiError) as caught:
        check(version)
    assert caught.value.status == status
