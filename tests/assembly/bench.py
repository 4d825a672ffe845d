"""An embedded org, and jobs that load into it without a process of their own."""

from pathlib import Path

from pipeline.assembly.access import login_with
from pipeline.assembly.loading import load
from pipeline.assembly.work import Ending, Import, Surroundings, find_files
from pipeline.clock import SystemClock, system_dice
from pipeline.config import load as load_settings
from pipeline.model.tally import Tally
from pipeline.simulator import Org
from pipeline.stop import Stop

JOB = """
[job]
name = "{name}"
object = "{object}"
state = "state"
reports = "reports"
[org]
url = "embedded"
[read]
delimiter = ","
[send]
chunk_records = 3
requests_per_second = 0
[mapping]
check = true
"""


class Bench:
    """Writes a job's files into a folder and loads it; what is in `org` is looked at without a question."""

    def __init__(self, folder: Path, org: Org, url: str, *settings: str, fresh: bool = True) -> None:
        """Load with these settings, as `--set` takes them; what isn't `fresh` goes on where it stopped."""
        self.folder, self.org, self.url = folder, org, url
        self._settings, self._fresh = settings, fresh

    def work(self, name: str, sobject: str, rows: str, mapping: str = "", *, ending: str = "csv") -> Import:
        config, path = self.folder / f"{name}.toml", self.folder / f"{name}.{ending}"
        config.write_text(JOB.format(name=name, object=sobject) + mapping)
        path.write_text(rows)
        rules = load_settings(config, overrides=self._settings, environ={})
        return Import(rules, find_files(rules, [str(path)]), fresh=self._fresh)

    async def load(self, name: str, sobject: str, rows: str, mapping: str = "", *, ending: str = "csv") -> Ending:
        around = Surroundings(SystemClock(), system_dice, Stop(), Tally())
        work = self.work(name, sobject, rows, mapping, ending=ending)
        return await load(work, login_with(self.url, self.org.token), around)

    async def firms(self, *names: str) -> None:
        """Let the org have accounts with these names."""
        await self.load("firms", "Account", "Name\n" + "".join(f'"{name}"\n' for name in names))

    def held(self, sobject: str) -> list[dict]:
        """Give the fields of all records of an object that the org has, as it keeps them, and their ids."""
        rows = self.org._tables[sobject.lower()].rows  # noqa: SLF001 - what the org really has
        return [{**record.values, "Id": key} for key, record in rows.items()]

    def results(self, ending: Ending) -> list[dict[str, str]]:
        """Read the report, a dict a line."""
        header, *lines = (ending.folder / "results.csv").read_text().splitlines()
        return [dict(zip(header.split(","), line.split(","), strict=False)) for line in lines]
