"""The registrations of a webinar, as the configurations that come with the program load them."""

import csv
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import orjson
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Load the campaigns and then the registrations into one embedded org; return the folder of state and reports."""
    folder = tmp_path_factory.mktemp("webinar")
    environ = {name: value for name, value in os.environ.items() if name in {"PATH", "PYTHONPATH"}} | {"HOME": str(folder)}
    places = [f"--set=job.state={folder}/state", f"--set=job.reports={folder}/reports"]
    for job, code in (("campaigns", 0), ("webinar", 3)):
        command = [sys.executable, "-m", "pipeline", "run", f"configs/{job}.toml", *places]
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=100)
        assert done.returncode == code, done.stderr
    return folder


def test_customers_become_contacts_and_the_others_leads_each_with_a_member_of_the_campaign(loaded: Path):
    lines = (loaded / "state/embedded-org.jsonl").read_bytes().splitlines()
    entries = [entry for line in lines for entry in orjson.loads(line)["records"]]
    by_id = {entry["id"]: entry for entry in entries}
    assert Counter(entry["object"] for entry in entries) == {"Campaign": 2, "Contact": 90, "Lead": 106, "CampaignMember": 196}
    with (ROOT / "sample_data/webinar.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["Email"]: row for row in csv.DictReader(file)}
    for member in (entry["fields"] for entry in entries if entry["object"] == "CampaignMember"):
        person = by_id[member.get("ContactId") or member["LeadId"]]
        row = rows[person["fields"]["Email"]]
        assert (person["object"] == "Contact") == bool(row["Customer No"])
        assert by_id[member["CampaignId"]]["fields"]["Name"] == row["Webinar"]
        assert member["Status"] == {"yes": "Responded", "no": "Sent"}[row["Attended"]]


def test_the_readme_names_every_row_that_is_rejected(loaded: Path, named_lines: dict[str, list[int]]):
    summary = orjson.loads((loaded / "reports/latest/summary.json").read_bytes())
    assert summary["balanced"]
    with (loaded / "reports/latest/rejected.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [int(row["treeload_line"]) for row in csv.DictReader(file)] == named_lines["webinar.csv"]
