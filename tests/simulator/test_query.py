from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.simulator import Org, query, tree
from pipeline.simulator.errors import ApiError
from pipeline.simulator.filters import candidates
from pipeline.simulator.soql import parse
from pipeline.simulator.wire import Call


@pytest.fixture
async def people(api, clock) -> list[str]:
    first = [
        {"LastName": "Lee", "FirstName": "Ann", "Email": "ann@example.com", "Import_Key__c": "Key-1", "Birthdate": "1990-05-06"},
        {"LastName": "lee", "Import_Key__c": "key-2", "DoNotCall": True, "MailingLatitude": 1.5},
        {"LastName": "O'Neil 50%_\\", "Title": "a_c"},
    ]
    made = [await api.tree("Contact", *first)]
    clock.go_on(hours=1)
    made.append(await api.tree("Contact", {"LastName": "Poe", "Title": "abc", "MailingLatitude": -2}))
    return [result["id"] for reply in made for result in reply.json["results"]]


async def found(api, people: list[str], where: str) -> list[int]:
    rows = await api.rows(f"SELECT Id FROM Contact WHERE {where} ORDER BY Id")
    return [people.index(row["Id"]) for row in rows]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("LastName = 'LEE'", [0, 1]),
        ("LastName != 'lee'", [2, 3]),
        ("LastName IN ('poe', 'nobody')", [3]),
        ("LastName NOT IN ('poe', 'lee')", [2]),
        ("LastName = 'O\\'Neil 50%_\\\\'", [2]),
        ("LastName > 'lee'", [2, 3]),
        ("FirstName = null", [1, 2, 3]),
        ("FirstName != null", [0]),
        ("FirstName != 'x'", [0, 1, 2, 3]),
        ("FirstName > null", []),
        ("LastName LIKE 'L%'", [0, 1]),
        ("LastName LIKE '_ee'", [0, 1]),
        ("LastName LIKE '%\\_%'", [2]),
        ("LastName LIKE '%50\\%%'", [2]),
        ("LastName LIKE '%\\\\'", [2]),
        ("Title LIKE 'a_c'", [2, 3]),
        ("Title LIKE 'a\\_c'", [2]),
        ("FirstName LIKE '%'", [0]),
        ("DoNotCall = true", [1]),
        ("DoNotCall = FALSE", [0, 2, 3]),
        ("IsDeleted = false", [0, 1, 2, 3]),
        ("MailingLatitude >= 1.5", [1]),
        ("MailingLatitude < 0", [3]),
        ("MailingLatitude = -2", [3]),
        ("Birthdate = 1990-05-06", [0]),
        ("Birthdate < 1990-05-06", []),
        ("CreatedDate > 2026-03-04T05:06:07Z", [3]),
        ("CreatedDate >= 2026-03-04T05:06:07.000Z", [0, 1, 2, 3]),
        ("CreatedDate >= 2026-03-04T05:06:07.890Z", [3]),
        ("CreatedDate = 2026-03-04T06:06:07+01:00", [0, 1, 2]),
        ("Import_Key__c = 'KEY-1'", [0]),
        ("import_key__c IN ('key-2', 'key-1', 'x')", [0, 1]),
        ("Import_Key__c IN ('key-1', null)", [0, 2, 3]),
        ("Import_Key__c = 'key-1' AND LastName = 'poe'", []),
        ("Name = 'ann lee'", [0]),
        ("LastName = 'lee' AND FirstName = 'ann'", [0]),
        ("LastName = 'poe' OR FirstName = 'ann'", [0, 3]),
        ("NOT LastName = 'lee'", [2, 3]),
        ("(LastName = 'lee' OR LastName = 'poe') AND DoNotCall = false", [0, 3]),
    ],
)
async def test_a_condition_finds_what_it_says(api, people: list[str], where: str, expected: list[int]):
    assert await found(api, people, where) == expected


async def test_ids_are_found_in_either_form(api, people: list[str]):
    assert await found(api, people, f"Id IN ('{people[1]}', '{people[0][:15]}')") == [0, 1]
    assert await found(api, people, "CreatedById = '005SM0000000001'") == [0, 1, 2, 3]


async def test_rows_have_attributes_and_the_fields_that_were_asked(api, people: list[str], fixture: Callable[[str], Any]):
    reply = await api.query("select id, lastname, createddate, phone from contact where firstname = 'Ann'")
    assert reply.json == {
        "totalSize": 1,
        "done": True,
        "records": [
            {
                "attributes": {"type": "Contact", "url": f"/services/data/v67.0/sobjects/Contact/{people[0]}"},
                "Id": people[0],
                "LastName": "Lee",
                "CreatedDate": "2026-03-04T05:06:07.000+0000",
                "Phone": None,
            }
        ],
    }


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("LastName", [0, 1, 2, 3]),
        ("LastName DESC, Id DESC", [3, 2, 1, 0]),
        ("DoNotCall DESC, Id", [1, 0, 2, 3]),
        ("MailingLatitude, Id", [0, 2, 3, 1]),
        ("MailingLatitude NULLS LAST, Id", [3, 1, 0, 2]),
        ("MailingLatitude DESC NULLS FIRST, Id", [0, 2, 1, 3]),
        ("CreatedDate DESC, Id LIMIT 2", [3, 0]),
        ("Id LIMIT 2 OFFSET 1", [1, 2]),
        ("Id LIMIT 0", []),
    ],
)
async def test_rows_come_in_the_order_that_was_asked(api, people: list[str], order: str, expected: list[int]):
    rows = await api.rows(f"SELECT Id FROM Contact ORDER BY {order}")
    assert [people.index(row["Id"]) for row in rows] == expected


async def test_records_are_counted(api, people: list[str]):
    assert (await api.query("SELECT COUNT() FROM Contact WHERE LastName = 'lee'")).json == {
        "totalSize": 2,
        "done": True,
        "records": [],
    }
    assert await api.rows("SELECT COUNT(FirstName) CNT FROM Contact") == [{"CNT": 1}]
    assert await api.rows("SELECT COUNT(Id) FROM Lead") == [{"expr0": 0}]


@pytest.mark.parametrize(
    ("soql", "code", "said"),
    [
        ("", "MALFORMED_QUERY", "A query string has to be specified"),
        ("SELECT Id FORM Contact", "MALFORMED_QUERY", "ERROR at Row:1:Column:11\nunexpected token: 'FORM'"),
        ("SELECT Nope FROM Contact", "INVALID_FIELD", "ERROR at Row:1:Column:8\nNo such column 'Nope' on entity 'Contact'."),
        ("SELECT Id FROM Contact\nWHERE Nope = 1", "INVALID_FIELD", "ERROR at Row:2:Column:7\nNo such column 'Nope'"),
        ("SELECT Id FROM Contact ORDER BY Nope", "INVALID_FIELD", "No such column 'Nope'"),
        ("SELECT Boss.Name FROM Contact", "INVALID_FIELD", "Didn't understand relationship 'Boss' in field path."),
        (
            "SELECT Id FROM Accout",
            "INVALID_TYPE",
            "sObject type 'Accout' is not supported. If you are attempting to use a custom object",
        ),
        (
            "SELECT Id FROM Contact WHERE Description = 'x'",
            "INVALID_FIELD",
            "field 'Description' can not be filtered in a query call",
        ),
        ("SELECT Id FROM Contact ORDER BY Description", "INVALID_FIELD", "field 'Description' can not be sorted in a query call"),
        (
            "SELECT Id FROM Contact WHERE CreatedDate > '2026'",
            "INVALID_FIELD",
            "must be of type dateTime and should not be enclosed",
        ),
        (
            "SELECT Id FROM Contact WHERE Birthdate = '2026-01-01'",
            "INVALID_FIELD",
            "must be of type date and should not be enclosed",
        ),
        (
            "SELECT Id FROM Contact WHERE MailingLatitude = '1'",
            "INVALID_FIELD",
            "must be of type double and should not be enclosed",
        ),
        ("SELECT Id FROM Contact WHERE DoNotCall = 'x'", "INVALID_FIELD", "must be of type boolean and should not be enclosed"),
        ("SELECT Id FROM Contact WHERE LastName = 1", "INVALID_FIELD", "must be of type string and should be enclosed in quotes"),
        ("SELECT Id FROM Contact WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: x"),
        ("SELECT Id FROM Contact WHERE Birthdate LIKE 'x'", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on date field"),
        ("SELECT Id FROM Contact WHERE CreatedDate > 2026-99-01T00:00:00Z", "MALFORMED_QUERY", "Invalid dateTime"),
        (
            r"SELECT Id FROM Contact WHERE LastName = 'a\_'",
            "MALFORMED_QUERY",
            r"Illegal character sequence '\_' in string literal.",
        ),
    ],
)
async def test_what_is_wrong_with_a_query_is_said(api, soql: str, code: str, said: str):
    reply = await api.query(soql)
    assert reply.error[:2] == (400, code)
    assert said in reply.error[2]


async def test_the_place_of_an_error_is_pointed_at_as_recorded(api, fixture: Callable[[str], Any]):
    recorded = fixture("http/amp-labs/unknown-object.json")[0]
    reply = await api.query("SELECT Id,Name,BillingCity,IsDeleted FROM Accout")
    assert reply.json[0] == recorded


async def test_many_rows_come_in_pages(api, org: Org):
    for batch in range(11):
        await api.tree("Lead", *({"LastName": f"L{batch}-{n}", "Company": "C"} for n in range(200)))
    first = (await api.query("SELECT LastName FROM Lead")).json
    assert (first["totalSize"], first["done"], len(first["records"])) == (2200, False, 2000)
    last = (await api.ask("GET", first["nextRecordsUrl"])).json
    assert (last["totalSize"], last["done"], len(last["records"])) == (2200, True, 200)
    assert "nextRecordsUrl" not in last
    names = [row["LastName"] for page in (first, last) for row in page["records"]]
    assert names == [lead["LastName"] for lead in org.records("Lead")]


@pytest.mark.parametrize("locator", ["01gSM0000000001YAA-2000", "x", "x-y"])
async def test_an_unknown_page_is_refused(api, locator: str):
    assert (await api.ask("GET", f"/query/{locator}")).error == (400, "INVALID_QUERY_LOCATOR", "invalid query locator")


async def test_a_long_query_fits_into_the_path(api):
    keys = ", ".join(f"'key-{n:010}'" for n in range(700))
    assert (await api.query(f"SELECT Id FROM Contact WHERE Import_Key__c IN ({keys})")).status == 200


async def test_what_one_user_made_in_a_time_is_found(api, people: list[str]):
    (user,) = await api.rows("SELECT Id FROM User")
    asked = "SELECT Id, CreatedDate, CreatedById, LastName FROM Contact WHERE CreatedById = '{}' AND CreatedDate >= {} AND {}"
    until = "CreatedDate <= 2026-03-04T05:06:08Z ORDER BY Id"
    rows = await api.rows(asked.format(user["Id"], "2026-03-04T05:06:07Z", until))
    assert [row["Id"] for row in rows] == people[:3]
    assert {(row["CreatedDate"], row["CreatedById"]) for row in rows} == {("2026-03-04T05:06:07.000+0000", user["Id"])}
    assert await api.rows(asked.format(user["Id"], "2026-03-04T05:06:08Z", until)) == []
    assert await api.rows(asked.format("005SM0000000002", "2026-03-04T05:06:07Z", until)) == []


@pytest.mark.parametrize(
    "where",
    [
        "Import_Key__c IN ({})",
        "CreatedDate >= 2026-01-01T00:00:00Z AND Import_Key__c IN ({})",
        "Import_Key__c IN ({}) AND LastName != 'nobody'",
    ],
)
def test_two_hundred_keys_are_looked_up_not_searched_for(where: str):
    org = holding([f"L{n}" for n in range(200)], keys=True)
    keys = ", ".join(f"'K-{n}'" for n in range(100, 300))
    condition = parse(f"SELECT Id FROM Contact WHERE {where.format(keys)}").where
    table = org.table("Contact")
    assert [record.values["LastName"] for record in candidates(table, condition)] == [f"L{n}" for n in range(100, 200)]


@pytest.mark.parametrize("key", ["O'Neil", "a\\b", "\\'", "line\nbreak\r", "tab\tback\bform\f", '"', "%_", "é\u2028", "\x7f"])
async def test_a_key_with_anything_in_it_is_found_by_its_literal(api, key: str):
    await api.create("Contact", LastName="Lee", Import_Key__c=key)
    await api.create("Contact", LastName="Poe", Import_Key__c="other")
    escapes = {**ESCAPES, "\t": "\\t", "\b": "\\b", "\f": "\\f", '"': '\\"', "\x7f": "\\u007f", "\u2028": "\\u2028"}
    literal = "".join(escapes.get(character, character) for character in key)
    rows = await api.rows(f"SELECT LastName, Import_Key__c FROM Contact WHERE Import_Key__c IN ('{literal}', 'x')")
    assert rows == [{"LastName": "Lee", "Import_Key__c": key}]


def ask(org: Org, soql: str) -> list[Any]:
    call = Call("GET", "/query", "", {"version": "v67.0"}, {"q": soql}, {}, b"")
    return [row["LastName"] for row in query.query(org, call).content["records"]]


def holding(names: list[str], *, keys: bool = False) -> Org:
    org = Org()
    records = [
        {
            "attributes": {"type": "Contact", "referenceId": f"r{n}"},
            "LastName": name,
            "Import_Key__c": f"k-{n}" if keys else None,
        }
        for n, name in enumerate(names)
    ]
    body = orjson.dumps({"records": records})
    tree.create(org, Call("POST", "/tree", "", {"object": "Contact"}, {}, {}, body))
    return org


texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(lambda text: bool(text.strip()))
ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r"}


@settings(max_examples=60)
@given(texts, texts)
def test_any_text_is_found_by_its_literal_and_as_a_pattern(one: str, other: str):
    org = holding([one, other])
    literal = "".join(ESCAPES.get(character, character) for character in one)
    pattern = "".join({"%": "\\%", "_": "\\_"}.get(c, ESCAPES.get(c, c)) for c in one)
    same = [name for name in (one, other) if name.lower() == one.lower()]
    assert ask(org, f"SELECT LastName FROM Contact WHERE LastName = '{literal}'") == same
    assert one in ask(org, f"SELECT LastName FROM Contact WHERE LastName LIKE '{pattern}'")


@given(st.text("SELCTFROMWHINAD '\\()=1,", max_size=60).map(lambda tail: f"SELECT Id FROM Contact WHERE {tail}"))
def test_any_query_is_answered_or_refused(soql: str):
    org = Org()
    try:
        ask(org, soql)
    except ApiError as error:
        org.calls["refused"] = error.status
    assert org.calls["refused"] in {0, 400}


async def test_query_all_has_what_is_in_the_bin(api):
    ids = [(await api.create("Contact", LastName=name)).json["id"] for name in ("Lee", "Kim")]
    await api.ask("DELETE", f"/sobjects/Contact/{ids[0]}")
    asked = {"q": "SELECT Id, IsDeleted FROM Contact WHERE LastName != null ORDER BY Id"}
    rows = (await api.ask("GET", "/queryAll/", params=asked)).json["records"]
    assert [(row["Id"], row["IsDeleted"]) for row in rows] == [(ids[0], True), (ids[1], False)]
    assert [row["Id"] for row in await api.rows("SELECT Id FROM Contact WHERE IsDeleted = false")] == [ids[1]]
    assert (await api.ask("GET", "/queryAll", params={"q": "SELECT COUNT() FROM Contact"})).json["totalSize"] == 2


@pytest.mark.parametrize(("said", "rows"), [("batchSize=250", 250), ("batchsize = 1", 200), ("batchSize=9999", 401), ("x", 401)])
async def test_a_page_has_as_many_rows_as_the_header_asks_for(api, said: str, rows: int):
    for start in (0, 200, 400):
        await api.tree("Contact", *({"LastName": f"n{number}"} for number in range(start, min(start + 200, 401))))
    asked = {"q": "SELECT Id FROM Contact"}
    page = (await api.ask("GET", "/query", params=asked, headers={"Sforce-Query-Options": said})).json
    assert (len(page["records"]), page["totalSize"]) == (rows, 401)
    seen = [row["Id"] for row in page["records"]]
    while not page["done"]:
        page = (await api.ask("GET", page["nextRecordsUrl"])).json
        seen += [row["Id"] for row in page["records"]]
    assert len(set(seen)) == 401


async def test_the_columns_of_a_query_are_told_to_whom_asks(api):
    asked = {"q": "SELECT Id, AccountId, Import_Key__c, DoNotCall FROM Contact", "columns": "true"}
    told = (await api.ask("GET", "/query", params=asked)).json
    assert (told["entityName"], told["keyPrefix"], told["idSelected"]) == ("Contact", "003", True)
    assert [column["columnName"] for column in told["columnMetadata"]] == ["Id", "AccountId", "Import_Key__c", "DoNotCall"]
    assert [column["custom"] for column in told["columnMetadata"]] == [False, False, True, False]
    assert told["columnMetadata"][3]["booleanType"]
