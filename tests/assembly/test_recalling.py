"""Rows read again: what comes out is what stands in the file, record by record, however families are nested."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assembly.recalling import Recaller
from pipeline.assembly.way import way_by
from pipeline.assembly.work import Import, find_input
from pipeline.config import load as load_settings
from pipeline.errors import InputError, UsageError
from pipeline.model.describe import Describe
from pipeline.model.pending import Pending
from pipeline.model.record import MEMBER
from pipeline.salesforce.describe import read
from pipeline.simulator import Org

JOB = """
[job]
object = "Account"
state = "state"
reports = "reports"
[org]
url = "embedded"
[mapping.children.Contacts]
columns = { "Mail" = "Email" }
[mapping.children.ChildAccounts]
[mapping.children.ChildAccounts.children.Contacts]
columns = { "Mail" = "Email" }
"""
LINKS = {"Contacts": ("Contact", "AccountId"), "ChildAccounts": ("Account", "ParentId")}
NAMES = st.sampled_from(["Kim", "Lee", "5", 'a "b"', "é\u2028"])
CONTACTS = st.lists(st.fixed_dictionaries({"LastName": NAMES}, optional={"Mail": st.just("k@example.org")}), max_size=3)
CHILDREN = st.lists(st.fixed_dictionaries({"Name": NAMES}, optional={"Contacts": CONTACTS}), max_size=2)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"Name": NAMES},
        optional={
            "Contacts": CONTACTS.map(lambda records: {"records": records}),
            "ChildAccounts": CHILDREN,
            "NumberOfEmployees": st.integers(0, 9),
        },
    ),
    min_size=1,
    max_size=6,
)
ORG = Org()


async def fetch(name: str) -> Describe:
    described = read(ORG.table(name).sobject.describe)
    assert described is not None
    return described


def work_of(folder: Path, name: str, content: bytes, job: str = JOB) -> Import:
    (folder / "job.toml").write_text(job)
    (folder / name).write_bytes(content)
    rules = load_settings(folder / "job.toml", environ={})
    return Import(rules, find_input([str(folder / name)], rules.read), fresh=True)


class NothingYet:
    """A journal in which nothing has become of any record."""

    async def outcomes(self, file, places):
        return {}, {}


async def recaller(work: Import, *, steady: bool = True) -> Recaller:
    return Recaller(work, await way_by(work, fetch), "20261122-120000-abcd", NothingYet(), steady=steady)


def doubt(*lines: int) -> Pending:
    return Pending(1, 1, lines, "2026-11-22T12:00:00Z", "no reply")


@dataclass
class Walk:
    """Another reading of a row: the records in it, in the order in which they stand there."""

    line: int
    below: list[tuple[int, int, tuple[str, str], dict[str, Any]]]
    """Place, the parent's place, link and fields."""

    def fields(self, record: dict[str, Any], place: int) -> dict[str, Any]:
        own = {("Email" if key == "Mail" else key): value for key, value in record.items() if key not in LINKS}
        for key, value in record.items():
            for child in (value["records"] if isinstance(value, dict) else value) if key in LINKS else ():
                at, number = len(self.below), self.line + (len(self.below) + 1) * MEMBER
                self.below.append((number, place, LINKS[key], {}))
                self.below[at] = (number, place, LINKS[key], self.fields(child, number))
        return own


@settings(deadline=None, max_examples=50)
@given(ROWS, st.data())
async def test_what_is_recalled_is_what_stands_in_the_file(rows, data):
    lines = data.draw(st.sets(st.integers(1, len(rows)), min_size=1))
    with TemporaryDirectory() as folder:
        recalls = await recaller(work_of(Path(folder), "rows.jsonl", b"\n".join(map(orjson.dumps, rows))))
        waiting = [doubt(line) for line in sorted(lines)]
        own, kin = await recalls.rows(waiting), await recalls.kin(waiting)
    assert own.keys() == kin.keys() == {(1, line) for line in lines}
    for line in lines:
        walk = Walk(line, [])
        assert own[1, line] == walk.fields(rows[line - 1], line)
        assert [(one.place, one.parent, one.link, one.values) for one in kin[1, line]] == [
            ((1, place), (1, parent), link, fields) for place, parent, link, fields in walk.below
        ]


async def test_what_is_made_of_a_flat_row_is_recalled_under_its_record(tmp_path):
    job = JOB.split("[mapping", maxsplit=1)[0].replace("Account", "Contact") + (
        '[mapping.columns]\n"Who" = "LastName"\n'
        "[mapping.children.CampaignMembers]\nof_row = true\n"
        'columns = { "Came" = "Status" }\nconstants = { CampaignId = "701SM0000000001YAA" }\n'
    )
    recalls = await recaller(work_of(tmp_path, "rows.csv", b"Who,Came\nKim,Sent\nLee,\n", job))
    assert await recalls.rows([doubt(2, 3)]) == {(1, 2): {"LastName": "Kim"}, (1, 3): {"LastName": "Lee"}}
    below = await recalls.kin([doubt(2, 3)])
    (kim,), (lee,) = below[1, 2], below[1, 3]
    assert (kim.place, kim.parent, kim.link) == ((1, 2 + MEMBER), (1, 2), ("CampaignMember", "ContactId"))
    assert kim.values == {"Status": "Sent", "CampaignId": "701SM0000000001YAA"}
    assert lee.values == {"CampaignId": "701SM0000000001YAA"}


async def test_a_file_that_has_changed_since_is_not_read_as_what_was_sent(tmp_path):
    recalls = await recaller(work_of(tmp_path, "rows.jsonl", b'{"Name": "A"}\n'))
    (tmp_path / "rows.jsonl").write_bytes(b'{"Name": "B"}\n')
    with pytest.raises(InputError, match="changed since its rows were sent"):
        await recalls.rows([doubt(1)])


async def test_a_row_that_can_not_be_made_any_more_is_told_with_its_place(tmp_path):
    rows = b'{"Name": "A", "Contacts": []}\n' * 1000 + b'{"Name": "B", "ChildAccounts": [{"Nme": "C"}]}\n'
    recalls = await recaller(work_of(tmp_path, "rows.jsonl", rows))
    with pytest.raises(UsageError, match=r"^line 1001 of file 1 can't be made as it was sent: .*Nme"):
        await recalls.kin([doubt(1, 1001)])


async def test_what_other_functions_or_ids_have_made_is_not_recalled(tmp_path):
    recalls = await recaller(work_of(tmp_path, "rows.jsonl", b'{"Name": "A"}\n'), steady=False)
    with pytest.raises(UsageError, match=r"1 requests can't be looked for .*treeload resolve"):
        await recalls.rows([doubt(1)])
