import asyncio

import pytest

from pipeline.journal.scribe import Scribe


async def test_work_that_fails_for_any_reason_is_told_and_the_next_is_done(tmp_path):
    def fail(_):
        raise KeyError(7)

    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    scribe = Scribe(tmp_path / "one.journal")
    try:
        async with asyncio.timeout(1):
            with pytest.raises(Exception):  # noqa: B017, PT011 - which one is not promised
                await scribe.perform(fail)
            assert await scribe.perform(lambda db: db.execute("SELECT 1").fetchone()) == (1,)
    finally:
        scribe.close()
