"""Rows of two files that belong together: for any assignment each child ends once, under its parent or with its reason."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.assembly.joining import FEWEST
from pipeline.simulator import Org, parse_plan, serve
from tests.assembly.bench import Bench

JOIN = """
[mapping.children.Contacts]
input = "contacts.csv"
join = { "Account No" = "Number" }
"""
LOST = """
[[fault]]
do = "drop"
on = "tree"
nth = [2, 3]
when = "{when}"
"""
MOST = 4
"""Records of a request, so that a family of more is refused."""
KEYS = st.sampled_from(["", "a", "b", "c", "d", "e"])
Expected = tuple[dict[int, int], dict[int, str], Mapping[int, str]]
CHILDREN = st.lists(st.tuples(KEYS, st.sampled_from([True, True, True, False])), max_size=14)


def expected(parents: Sequence[str], children: Sequence[tuple[str, bool]]) -> Expected:
    """Say of each child its parent or why it is refused, and why parents are; all by their numbers. Bad ones take all along."""
    at = {key: [number for number, own in enumerate(parents) if own == key] for key, _ in children if key}
    asked = Counter(key for key, _ in children)
    bad = {key for key, good in children if not good and len(at.get(key, ())) == 1 and asked[key] < MOST}
    under: dict[int, int] = {}
    refused: dict[int, str] = {}
    with_them: dict[int, str] = {}
    for number, (key, good) in enumerate(children):
        places = at.get(key, [])
        also = "" if good else "; INVALID_EMAIL_ADDRESS"
        if not places:
            refused[number] = f"NO_PARENT{also}"
        elif len(places) > 1:
            refused[number] = f"NOT_UNIQUE_IN_FILE{also}"
            with_them |= dict.fromkeys(places, "NOT_UNIQUE_IN_FILE")
        elif asked[key] >= MOST:
            refused[number], with_them[places[0]] = f"FAMILY{also}", "FAMILY_TOO_LARGE"
        elif key in bad:
            refused[number], with_them[places[0]] = "FAMILY" if good else "INVALID_EMAIL_ADDRESS", "FAMILY"
        else:
            under[number] = places[0]
    return under, refused, with_them


def read(folder: Path) -> tuple[dict[int, dict[str, str]], dict[int, dict[str, str]]]:
    """Read the report: by file, the rows by their numbers, in the order of their lines."""
    with (folder / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == sorted(rows, key=lambda row: (row["file"], int(row["line"])))
    own = {int(row["line"]) - 2: row for row in rows if row["file"] == "accounts.csv"}
    theirs = {int(row["line"]) - 2: row for row in rows if row["file"] == "contacts.csv"}
    assert len(own) + len(theirs) == len(rows)
    return own, theirs


@settings(max_examples=40)
@given(st.lists(KEYS, min_size=1, max_size=8), CHILDREN, st.sampled_from(["", "after_commit", "before_commit"]), st.booleans())
async def test_each_row_of_either_file_ends_once_where_it_belongs(parents, children, when, marked):
    asking = [key for key, _ in children if key]
    assume(len(asking) < FEWEST or {*asking} & {*parents})  # otherwise the join is taken for wrong, and nothing is sent
    under, refused, with_them = expected(parents, children)
    mark = 'marker = "Import_Key__c"\n' if marked else ""
    with TemporaryDirectory() as folder:
        org = Org(faults=parse_plan(LOST.format(when=when) if when else ""))
        async with serve(org) as server:
            bench = Bench(Path(folder), org, server.url, f"send.chunk_records={MOST}", "read.allow_empty=true")
            mails = (f"{key},Kim {at},{'kim@example.org' if good else 'nowhere'}\n" for at, (key, good) in enumerate(children))
            (bench.folder / "contacts.csv").write_text("Account No,LastName,Email\n" + "".join(mails))
            accounts = "Number,Name\n" + "".join(f"{key},Firm {at}\n" for at, key in enumerate(parents))
            ending = await bench.load("accounts", "Account", accounts, mark + JOIN + mark)
            own, theirs = read(ending.folder)
    assert ending.summary["balanced"]
    names = {one["Id"]: one["Name"] for one in bench.held("Account")}
    assert sorted(names.values()) == sorted(f"Firm {at}" for at in range(len(parents)) if at not in with_them)
    people = {one["LastName"]: one for one in bench.held("Contact")}
    assert len(people) == len(bench.held("Contact")), "nobody is there twice"
    assert {name: names[one["AccountId"]] for name, one in people.items()} == {
        f"Kim {child}": f"Firm {parent}" for child, parent in under.items()
    }
    assert {at: row["error_code"] for at, row in theirs.items() if not row["id"]} == refused
    assert {at: row["error_code"] for at, row in own.items() if not row["id"]} == with_them
    assert {row["id"] for row in theirs.values() if row["id"]} == {one["Id"] for one in people.values()}
