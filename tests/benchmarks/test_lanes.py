import asyncio
from collections import Counter

from benchmarks import lanes


def test_a_fifth_of_the_contacts_has_one_account_by_lot_or_in_a_row():
    accounts = [f"001{number:012}AAA" for number in range(lanes.ACCOUNTS)]
    drawn = [account for _, account in lanes.rows(accounts, by_lot=True)]
    assert len(drawn) == lanes.ROWS
    assert Counter(drawn)[accounts[0]] == lanes.HOT
    assert [account for _, account in lanes.rows(accounts, by_lot=False)] == sorted(drawn)


def test_the_largest_account_is_what_a_load_waits_for_with_many_in_flight():
    assert lanes.at_best(1) == lanes.ROWS / lanes.EACH * lanes.HOLD
    assert lanes.at_best(25) == lanes.HOT / lanes.EACH * lanes.HOLD


def test_a_small_load_with_lanes_meets_no_lock_and_the_table_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(lanes, "ROWS", 2000)
    monkeypatch.setattr(lanes, "HOT", 400)
    monkeypatch.setattr(lanes, "HOLD", 0.02)
    monkeypatch.setattr(lanes, "WAIT", 0.0)
    taken = asyncio.run(lanes.load(tmp_path, by_lot=True, concurrency=4, settings=()))
    assert (taken.locked, taken.rejected) == (0, 0)
    assert 0.8 <= taken.full <= 1
    table = lanes.table([lanes.line("by lot", 4, "lanes", taken)], markdown=True)
    assert table.splitlines()[2].startswith(f"| by lot | 4 | lanes | {taken.requests} | 0 | ")
