import asyncio
import sys
from pathlib import Path

import aiohttp
import orjson

from pipeline.simulator import Org
from pipeline.simulator.ledger import read

SERVER = """
import asyncio, sys
from pathlib import Path
from pipeline.simulator import Org, serve

async def main():
    org = Org(ledger=Path(sys.argv[1]))
    async with serve(org) as served:
        print(served.url, org.token, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_what_was_answered_outlives_a_kill(tmp_path: Path):
    ledger = tmp_path / "ledger.jsonl"
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVER, str(ledger), stdout=asyncio.subprocess.PIPE)
    assert server.stdout is not None
    url, token = (await server.stdout.readline()).decode().split()
    answered: dict[str, str] = {}
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        for chunk in range(20):
            records = [{"attributes": {"type": "Contact", "referenceId": f"r{chunk}_{n}"}, "LastName": "Lee"} for n in range(50)]
            body = orjson.dumps({"records": records})
            async with session.post(f"{url}/services/data/v67.0/composite/tree/Contact", data=body) as reply:
                results = orjson.loads(await reply.read())["results"]
                answered |= {result["referenceId"]: result["id"] for result in results}
    server.kill()
    await server.wait()
    assert {e.referenceId: e.id for transaction in read(ledger) for e in transaction.records} == answered
    org = Org(ledger=ledger)
    assert {record["Id"] for record in org.records("Contact")} == {*answered.values()}
    assert org.allowance.total == 20
    org.close()
