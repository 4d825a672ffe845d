"""The plan of the Salesforce CLI, as the configuration that comes with the program loads it."""

import os
import subprocess
import sys
from pathlib import Path

import orjson

ROOT = Path(__file__).parents[2]


def test_the_plan_loads_with_every_reference_and_record_type_but_for_the_row_that_the_readme_names(
    tmp_path: Path, named_lines: dict[str, list[int]]
):
    environ = {name: value for name, value in os.environ.items() if name in {"PATH", "PYTHONPATH"}} | {"HOME": str(tmp_path)}
    places = [f"--set=job.state={tmp_path}/state", f"--set=job.reports={tmp_path}/reports"]
    command = [sys.executable, "-m", "pipeline", "run", "configs/plan.toml", *places]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 3, done.stderr
    assert "rejected.jsonl --set job.object=Contact" in done.stdout
    lines = (tmp_path / "state/embedded-org.jsonl").read_bytes().splitlines()
    held = {entry["id"]: entry["fields"] for line in lines for entry in orjson.loads(line)["records"]}
    by_name = {fields.get("Name") or fields["LastName"]: fields for fields in held.values()}
    firm, branch, reid = by_name["Harbour Mills"], by_name["Harbour Mills Leith"], by_name["Reid"]
    assert held[branch["ParentId"]] == firm
    assert branch["RecordTypeId"] == by_name["Harbour Mills Bergen"]["RecordTypeId"] != firm["RecordTypeId"]
    assert (held[reid["AccountId"]], held[reid["ReportsToId"]]) == (branch, by_name["Brandt"])
    assert held[by_name["Rye for the autumn"]["AccountId"]] == firm
    results = (tmp_path / "reports/latest/results.csv").read_text().splitlines()
    rejected = [line.split(",") for line in results if "UNKNOWN_REFERENCE" in line]
    assert [(cells[0], int(cells[1])) for cells in rejected] == [
        ("Contacts.json", at) for at in named_lines["plan/Contacts.json"]
    ]
    assert len(held) == len(results) - 1 - len(rejected) == 10
