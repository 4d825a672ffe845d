"""What treeload is compared with: the script that one writes in ten minutes. No journal, no retry, everything in memory.

TOKEN=... python benchmarks/naive.py URL contacts.csv|contacts.jsonl ids.csv
"""

import asyncio
import csv
import json  # noqa: TID251 - what such scripts use is what is compared
import os
import sys
from pathlib import Path
from typing import Any

import aiohttp


def read(path: Path) -> list[dict[str, Any]]:
    """Read all rows."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file)) if path.suffix == ".csv" else [json.loads(line) for line in file]


async def load(url: str, rows: list[dict[str, Any]]) -> dict[str, str]:
    """Create all rows, 200 a request, ten requests at a time; give the id of each reference."""
    headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
    limit = asyncio.Semaphore(10)

    async with aiohttp.ClientSession(url, headers=headers) as session:

        async def post(first: int) -> dict[str, Any]:
            records = [
                {"attributes": {"type": "Contact", "referenceId": f"ref{number}"}, **row}
                for number, row in enumerate(rows[first : first + 200], first)
            ]
            body = {"records": records}
            async with limit, session.post("/services/data/v67.0/composite/tree/Contact", json=body) as reply:
                reply.raise_for_status()
                answer: dict[str, Any] = await reply.json()
                return answer

        replies = await asyncio.gather(*(post(first) for first in range(0, len(rows), 200)))  # noqa: TID251 - as above
    return {result["referenceId"]: result["id"] for reply in replies for result in reply["results"]}


def main() -> None:
    """Load a file, write down the ids."""
    url, source, target = sys.argv[1:]
    ids = asyncio.run(load(url, read(Path(source))))
    with Path(target).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(ids.items())


if __name__ == "__main__":
    main()
