from datetime import UTC, datetime, timedelta, timezone

from pipeline.clock import stamp, system_dice


def test_a_stamp_is_utc_to_the_millisecond():
    zurich = timezone(timedelta(hours=1))
    assert stamp(datetime(2026, 11, 23, 0, 56, 35, 123999, tzinfo=zurich)) == "2026-11-22T23:56:35.123Z"
    assert stamp(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"


def test_the_dice_throw_between_zero_and_one():
    assert all(0 <= system_dice() < 1 for _ in range(100))
