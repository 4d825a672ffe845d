import asyncio

from pipeline.errors import ExitCode
from pipeline.stop import Stop


async def test_the_first_reason_counts():
    stop = Stop()
    assert not stop.pulled()
    stop.pull("SIGTERM was received", ExitCode.RESUMABLE)
    stop.pull("another", ExitCode.ACCESS)
    await asyncio.wait_for(stop.wait(), 1)
    assert (stop.reason, stop.exit_code) == ("SIGTERM was received", ExitCode.RESUMABLE)
