"""The token in use: asked for once, however many want it."""

import asyncio

import pytest

from pipeline.errors import OrgUnavailable
from pipeline.salesforce.oauth import Token
from pipeline.transport.tokens import Tokens


class Door:
    """A login that counts, and that waits until it may go on."""

    def __init__(self) -> None:
        self.logins = 0
        self.knocked = asyncio.Event()
        self.open = asyncio.Event()
        self.fault: Exception | None = None

    async def __call__(self) -> Token:
        self.logins += 1
        number = self.logins
        self.knocked.set()
        await self.open.wait()
        if self.fault is not None:
            raise self.fault
        return Token(f"t{number}", "https://org.example")


async def test_many_who_want_the_first_token_log_in_once():
    door = Door()
    tokens = Tokens(door)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(tokens.current()) for _ in range(50)]
        group.create_task(tokens.renew(0))
        door.open.set()
    assert {task.result().access_token for task in tasks} == {"t1"}
    assert (door.logins, tokens.generation) == (1, 1)


async def test_many_who_renew_the_same_token_log_in_once():
    door = Door()
    door.open.set()
    tokens = Tokens(door)
    await tokens.current()
    async with asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(tokens.renew(1))
    assert (await tokens.current()).access_token == "t2"
    assert (door.logins, tokens.generation) == (2, 2)


async def test_a_token_that_was_renewed_meanwhile_is_not_renewed_again():
    door = Door()
    door.open.set()
    tokens = Tokens(door)
    for generation in (0, 1, 1, 0):
        await tokens.renew(generation)
    assert (door.logins, tokens.generation) == (2, 2)


async def test_a_login_that_failed_is_tried_again_by_the_next_who_asks():
    door = Door()
    door.open.set()
    door.fault = OrgUnavailable("later")
    tokens = Tokens(door)
    with pytest.raises(OrgUnavailable):
        await tokens.current()
    assert tokens.generation == 0
    door.fault = None
    assert (await tokens.current()).access_token == "t2"


async def test_who_waits_goes_on_when_the_one_who_logs_in_is_cancelled():
    door = Door()
    tokens = Tokens(door)
    async with asyncio.TaskGroup() as group:
        first, second = group.create_task(tokens.current()), group.create_task(tokens.current())
        await door.knocked.wait()
        first.cancel()
        door.open.set()
    assert first.cancelled()
    assert second.result().access_token == "t2"
    assert tokens.generation == 1
