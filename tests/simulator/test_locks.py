"""What new records look up is held as long as their request takes, and no longer."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from pipeline.simulator import Org, parse_plan
from pipeline.simulator.fault_plan import LockPlan
from pipeline.simulator.fault_turns import LOCKED, Sent
from pipeline.simulator.locks import Locks, NotLocked

AT_ONCE = "[locks]\nhold = 0.2\nwait = 0"


@pytest.fixture
def locking(clock, make_api):
    @asynccontextmanager
    async def served(plan: str):
        org = Org(clock=clock, faults=parse_plan(plan))
        async with make_api(org) as api:
            accounts = await api.tree("Account", {"Name": "One"}, {"Name": "Other"})
            yield api, *(each["id"] for each in accounts.json["results"])
        org.close()

    return served


async def together(*calls):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(call) for call in calls]
    return [task.result() for task in tasks]


async def test_of_two_requests_for_one_parent_the_second_fails_and_names_its_records(locking):
    async with locking(AT_ONCE) as (api, one, other):
        children = ({"LastName": "Lee", "AccountId": one}, {"LastName": "Poe", "AccountId": other}, {"LastName": "Ox"})
        replies = await together(api.tree("Contact", children[0]), api.tree("Contact", *children))
        first, second = sorted(replies, key=lambda reply: reply.status)
        assert (first.status, second.status) == (201, 400)
        assert api.org.faults.happened[LOCKED] == 1
        assert api.org.count("Contact") == len(first.json["results"])
        for result in second.json["results"]:
            (error,) = result["errors"]
            assert error["statusCode"] == "UNABLE_TO_LOCK_ROW"
            assert one[:15] in error["message"]
        assert (await api.tree("Contact", *children)).status == 201, "they are free again"


async def test_a_request_waits_for_a_parent_that_is_held_if_it_is_freed_in_time(locking):
    async with locking("[locks]\nhold = 0.01") as (api, one, _):
        replies = await together(*(api.create("Contact", LastName="Lee", AccountId=one) for _ in range(4)))
        assert [reply.status for reply in replies] == [201] * 4
        assert not api.org.faults.happened[LOCKED]


async def test_requests_for_different_parents_hold_up_nobody(locking):
    async with locking(AT_ONCE) as (api, one, other):
        lines = [{"LastName": "Lee", "AccountId": one}], [{"LastName": "Poe", "AccountId": other}], [{"LastName": "Ox"}]
        replies = await together(*(api.tree("Contact", *line) for line in lines))
        assert [reply.status for reply in replies] == [201] * 3


@pytest.mark.parametrize(
    ("object_name", "fields", "locks"),
    [
        ("Contact", {"AccountId": "001000000000001AAA"}, True),
        ("Contact", {"accountid": "001000000000001"}, True),
        ("Contact", {"AccountId": None}, False),
        ("Contact", {"OwnerId": "005000000000001AAA"}, False),
        ("Contact", {"Title": "001000000000001AAA"}, False),
        ("Nothing", {"AccountId": "001000000000001AAA"}, False),
    ],
)
async def test_lookups_of_people_and_setup_lock_nothing(object_name, fields, locks):
    waiting = Locks(Org(), LockPlan(hold=0, wait=0))
    record = Sent("r1", {"attributes": {"type": object_name, "referenceId": "r1"}, **fields})
    async with waiting.taken("Contact", [record]):
        if locks:
            with pytest.raises(NotLocked) as missed:
                async with waiting.taken("Contact", [record]):
                    pass
            assert list(missed.value.parents) == ["001000000000001"]
            assert list(missed.value.records) == [record]
        else:
            async with waiting.taken("Contact", [record]):
                pass


class Turn:
    """Lets the others go on once."""

    def __await__(self):
        yield


@pytest.mark.parametrize("turns", range(4))
async def test_a_parent_that_is_freed_as_the_time_is_up_is_free(turns):
    locks = Locks(Org(), LockPlan(hold=0, wait=0))
    record = Sent("r1", {"attributes": {"type": "Contact"}, "AccountId": "001000000000001AAA"})
    came: list[object] = []

    async def other() -> None:
        try:
            async with locks.taken("Contact", [record]):
                came.append("in")
        except NotLocked as missed:
            came.append(missed.records)

    async with asyncio.TaskGroup() as group, locks.taken("Contact", [record]):
        group.create_task(other())
        for _ in range(turns):
            await Turn()
    assert came in (["in"], [[record]])


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("locks = 3", "plan: locks must be a table, like [locks] with hold = 0.2 and wait = 2.0 in it"),
        ("[locks]\nwait = 3", "plan: locks: hold is missing: say how many seconds a request holds what its records look up"),
        ("[locks]\nhold = -1", "plan: locks: hold must be a number of seconds from 0 on, not -1"),
        ("[locks]\nhold = 1\nwiat = 1", 'plan: locks: unknown key "wiat"; did you mean "wait"?'),
    ],
)
def test_a_mistake_in_the_plan_of_locks_is_one_line(plan, said):
    with pytest.raises(ValueError, match="plan") as caught:
        parse_plan(plan, "plan")
    assert str(caught.value) == said
