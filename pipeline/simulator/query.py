"""query and queryAll: a page of records that fit, or their number; further pages by the locator of the first.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_queryall.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_queryoptions.htm
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.simulator.errors import ApiError
from pipeline.simulator.filters import FilterError, candidates, compile_condition, find_field, folding
from pipeline.simulator.objects import NUMBERS, Field
from pipeline.simulator.org import Org
from pipeline.simulator.places import line_and_column
from pipeline.simulator.soql import Order, Query, parse
from pipeline.simulator.soql_tokens import SoqlError
from pipeline.simulator.store import Record, Table
from pipeline.simulator.wire import Answer, Call

PAGE = 2000
"""Rows of a page, unless a header asks for fewer."""
_SMALLEST_PAGE = 200
_LOCATOR = "01g"
"""How locators begin."""
_BATCH_SIZE = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)
_AROUND = 32
"""Characters of the query shown before and after the place of an error."""
_APPEND = (
    "If you are attempting to use a custom object, be sure to append the '__c' after the entity name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)


@dataclass(frozen=True, slots=True)
class _Cursor:
    """The records of a query whose further pages may still be asked for."""

    locator: str
    table: Table
    fields: tuple[Field, ...]
    records: Sequence[Record]
    page: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: records and the fields that were asked for, or how many there are."""

    table: Table
    fields: tuple[Field, ...]
    records: Sequence[Record]
    counted: Mapping[str, Any] | None


def query(org: Org, call: Call) -> Answer:
    """Answer `?q=`: the first page. Raises ApiError: MALFORMED_QUERY, INVALID_TYPE, INVALID_FIELD ..."""
    return _first_page(org, call, find(org, call.query.get("q", "")))


def query_all(org: Org, call: Call) -> Answer:
    """Answer `?q=` like `query`, with what is in the bin besides."""
    return _first_page(org, call, find(org, call.query.get("q", ""), deleted=True))


def find(org: Org, text: str, *, deleted: bool = False) -> Found:
    """Find what a query asks for, if it is wanted in the bin too. Raises ApiError."""
    if not text:
        raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
    try:
        return _found(org, parse(text), deleted=deleted)
    except SoqlError as error:
        raise ApiError(400, "MALFORMED_QUERY", _pointed(text, error.at, str(error))) from error
    except FilterError as error:
        raise ApiError(400, error.code, _pointed(text, error.at, str(error))) from error


def more(org: Org, call: Call) -> Answer:
    """Answer a further page, by its locator and position: `query/01g...-2000`."""
    locator, _, position = call.parts["locator"].partition("-")
    cursor = org.cursors.get(locator)
    if cursor is None or not position.isdecimal():
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(call, cursor, int(position))


def _first_page(org: Org, call: Call, found: Found) -> Answer:
    if call.query.get("columns", "").lower() == "true":
        return Answer(200, _columns(found))
    if found.counted is not None:
        return Answer(200, found.counted)
    size = _BATCH_SIZE.search(call.headers.get("Sforce-Query-Options", ""))
    page = min(max(int(size[1]), _SMALLEST_PAGE), PAGE) if size else PAGE
    if len(found.records) <= page:
        return _page(call, _Cursor("", found.table, found.fields, found.records, page), 0)
    cursor = _Cursor(org.mint_id(_LOCATOR), found.table, found.fields, found.records, page)
    org.open_cursor(cursor.locator, cursor)
    return _page(call, cursor, 0)


def _columns(found: Found) -> dict[str, Any]:
    columns: list[dict[str, Any]] = [
        {
            "aggregate": False,
            "apexType": field.type.capitalize(),
            "booleanType": field.type == "boolean",
            "columnName": field.name,
            "custom": field.name.endswith("__c"),
            "displayName": field.name,
            "foreignKeyName": field.relationship,
            "insertable": field.createable,
            "joinColumns": [],
            "numberType": field.type in NUMBERS,
            "textType": field.plain,
            "updatable": field.updateable,
        }
        for field in found.fields
    ]
    sobject = found.table.sobject
    named = any(field is sobject.id_field for field in found.fields)
    more = {"entityName": sobject.name, "groupBy": False, "idSelected": named, "keyPrefix": sobject.key_prefix}
    return {"columnMetadata": columns, **more}


def _found(org: Org, asked: Query, *, deleted: bool) -> Found:
    table = org.find_table(asked.source.text)
    if table is None:
        raise FilterError("INVALID_TYPE", f"sObject type '{asked.source.text}' is not supported. {_APPEND}", asked.source.at)
    records = _fitting(table, asked, deleted=deleted)
    if asked.count is not None:
        return Found(table, (), (), _counted(table, asked, records))
    return Found(table, tuple(find_field(table, name) for name in asked.fields), records, None)


def _fitting(table: Table, asked: Query, *, deleted: bool) -> Sequence[Record]:
    records = [*table.rows.values(), *table.bin.values()] if deleted else candidates(table, asked.where)
    if asked.where is not None:
        fits = compile_condition(table, asked.where)
        records = [record for record in records if fits(record)]
    for key in reversed(asked.order):
        records = _sorted(table, records, key)
    end = None if asked.limit is None else asked.offset + asked.limit
    return records[asked.offset : end]


def _sorted(table: Table, records: Sequence[Record], key: Order) -> Sequence[Record]:
    field = find_field(table, key.field)
    if not field.sortable:
        raise FilterError("INVALID_FIELD", f"field '{field.name}' can not be sorted in a query call", key.field.at)
    get = folding(field, table.getters[field.name])
    empty = [record for record in records if get(record) is None]
    full = sorted((record for record in records if get(record) is not None), key=get, reverse=key.descending)
    return [*full, *empty] if key.nulls_last else [*empty, *full]


def _counted(table: Table, asked: Query, records: Sequence[Record]) -> dict[str, Any]:
    if asked.count is None or asked.count.field is None:
        return {"totalSize": len(records), "done": True, "records": []}
    get = table.getters[find_field(table, asked.count.field).name]
    counted = sum(get(record) is not None for record in records)
    row = {"attributes": {"type": "AggregateResult"}, asked.count.alias: counted}
    return {"totalSize": 1, "done": True, "records": [row]}


def _page(call: Call, cursor: _Cursor, start: int) -> Answer:
    end = start + cursor.page
    page: dict[str, Any] = {"totalSize": len(cursor.records), "done": end >= len(cursor.records)}
    if not page["done"]:
        page["nextRecordsUrl"] = f"{call.version}/query/{cursor.locator}-{end}"
    page["records"] = [_row(call, cursor, record) for record in cursor.records[start:end]]
    return Answer(200, page)


def _row(call: Call, cursor: _Cursor, record: Record) -> dict[str, Any]:
    name = cursor.table.sobject.name
    attributes = {"type": name, "url": f"{call.version}/sobjects/{name}/{record.id}"}
    return {"attributes": attributes} | {f.name: cursor.table.getters[f.name](record) for f in cursor.fields}


def _pointed(text: str, at: int, message: str) -> str:
    """Put the place before the message, as the vendor does: a piece of the query, a caret under it, row and column."""
    row, column = line_and_column(text, at)
    start = max(0, at - _AROUND)
    return f"\n{text[start : at + _AROUND]}\n{' ' * (at - start)}^\nERROR at Row:{row}:Column:{column}\n{message}"
