from pipeline.simulator import Org


async def test_what_remains_of_the_day_is_told(api, org: Org):
    await api.create("Contact", LastName="Lee")
    reply = await api.ask("GET", "/limits")
    assert reply.json["DailyApiRequests"] == {"Max": 15000, "Remaining": 14998}
    assert reply.headers["Sforce-Limit-Info"] == "api-usage=2/15000"


async def test_a_used_up_allowance_refuses_until_a_day_later(clock, make_api):
    org = Org(clock=clock, api_requests_max=2)
    async with make_api(org) as api:
        assert [(await api.create("Contact", LastName="Lee")).status for _ in range(2)] == [201, 201]
        refused = await api.create("Contact", LastName="Lee")
        assert refused.error == (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        assert refused.headers["Sforce-Limit-Info"] == "api-usage=2/2"
        assert org.count("Contact") == 2
        clock.go_on(hours=25)
        assert (await api.create("Contact", LastName="Lee")).status == 201


async def test_a_refused_login_or_token_costs_nothing(api, org: Org):
    assert (await api.ask("GET", "/limits", token="x")).status == 401
    assert org.allowance.total == 0
