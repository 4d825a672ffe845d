import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import people, stub
from pipeline.salesforce.describe import read

TREE = "/services/data/v67.0/composite/tree/Contact"


class Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.replies: list[tuple[bytes, Any]] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        head, _, body = bytes(data).partition(b"\r\n\r\n")
        assert f"Content-Length: {len(body)}".encode() in head
        self.replies.append((head, orjson.loads(body)))


def connect(org: stub.Org, later: Callable[[Callable[[], None]], object] | None = None) -> tuple[stub.Connection, Wire]:
    connection, wire = stub.Connection(org, later), Wire()
    connection.connection_made(wire)
    return connection, wire


def feed(connection: stub.Connection, data: bytes) -> None:
    while data:
        room = connection.get_buffer(-1)
        piece = data[: len(room)]
        room[: len(piece)] = piece
        room.release()
        connection.buffer_updated(len(piece))
        data = data[len(piece) :]


def post(references: list[str], path: str = TREE) -> bytes:
    records = [{"attributes": {"type": "Contact", "referenceId": reference}, "LastName": "x"} for reference in references]
    body = orjson.dumps({"records": records})
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def check_letters(short: str) -> str:
    groups = [short[start : start + 5] for start in (0, 5, 10)]
    numbers = [int("".join("1" if letter.isupper() else "0" for letter in reversed(group)), 2) for group in groups]
    return "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[number] for number in numbers)


def test_a_tree_is_created_with_an_id_for_each_reference_in_order():
    connection, wire = connect(stub.Org())
    feed(connection, post(["r1_2", "r1_3", "r1_17"]))
    [(head, answer)] = wire.replies
    assert head.startswith(b"HTTP/1.1 201 Created\r\n")
    assert answer["hasErrors"] is False
    assert [result["referenceId"] for result in answer["results"]] == ["r1_2", "r1_3", "r1_17"]


def test_ids_are_all_different_and_carry_the_right_check_letters():
    connection, wire = connect(stub.Org())
    for _ in range(50):
        feed(connection, post([f"r{number}" for number in range(200)]))
    ids = [result["id"] for _, answer in wire.replies for result in answer["results"]]
    assert len(set(ids)) == 10_000
    assert all(len(one) == 18 and one.startswith("003") and one[15:] == check_letters(one[:15]) for one in ids)


@given(cuts=st.lists(st.integers(min_value=0, max_value=700), max_size=8))
def test_requests_may_arrive_in_any_pieces(cuts: list[int]):
    data = post(["a", "b"]) + get("/services/data/v67.0/limits/") + post(["c"])
    connection, wire = connect(stub.Org())
    places = [0, *sorted(cuts), len(data)]
    for begin, end in pairwise(places):
        feed(connection, data[begin:end])
    names = [[result["referenceId"] for result in answer.get("results", [])] for _, answer in wire.replies]
    assert names == [["a", "b"], [], ["c"]]


def test_a_request_larger_than_the_buffer_is_answered():
    connection, wire = connect(stub.Org())
    feed(connection, post([f"r{number}" for number in range(20_000)]))
    assert len(wire.replies[0][1]["results"]) == 20_000


def test_a_tree_without_records_creates_none():
    connection, wire = connect(stub.Org())
    feed(connection, post([]))
    assert wire.replies[0][1] == {"hasErrors": False, "results": []}


def test_stats_count_requests_and_records_but_not_themselves():
    connection, wire = connect(stub.Org())
    feed(connection, post(["a", "b"]) + post(["a"]) + get("/__stats") + get("/__stats"))
    _, stats = wire.replies[-1]
    assert (stats["requests"], stats["records"], stats["most_in_flight"]) == (2, 3, 1)


def test_a_slow_reply_keeps_no_other_waiting():
    org = stub.Org()
    answers: list[Callable[[], None]] = []
    connected = [connect(org, answers.append) for _ in range(3)]
    for connection, _ in connected:
        feed(connection, post(["a"]))
    assert org.most_in_flight == 3
    answers[2]()
    assert [len(wire.replies) for _, wire in connected] == [0, 0, 1]
    assert org.in_flight == 2


def test_contact_is_described_with_the_fields_that_are_loaded():
    connection, wire = connect(stub.Org())
    feed(connection, get("/services/data/v67.0/sobjects/Contact/describe"))
    fields = {field["name"]: field for field in wire.replies[0][1]["fields"]}
    assert set(people.FIELDS) == {name for name in fields if fields[name]["createable"]}
    assert fields["Import_Key__c"]["externalId"]
    assert not fields["LastName"]["nillable"]
    assert read(wire.replies[0][1]) is not None, "the client reads it"


def test_a_login_gets_a_token():
    connection, wire = connect(stub.Org())
    feed(connection, post([], "/services/oauth2/token"))
    assert wire.replies[0][1]["token_type"] == "Bearer"


@pytest.mark.parametrize("path", ["/services/data/v67.0/composite/tree/Lead", "/services/data/v67.0/query", "/"])
def test_what_it_does_not_know_is_not_found(path: str):
    connection, wire = connect(stub.Org())
    feed(connection, post(["a"], path))
    head, answer = wire.replies[0]
    assert head.startswith(b"HTTP/1.1 404 ")
    assert answer[0]["errorCode"] == "NOT_FOUND"
