import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.units import in_plain_numbers, measured, seconds, share, size
from pipeline.formats.rules import ReadRules
from pipeline.policy.rules import SendRules


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10m", 600),
        ("1h30m", 5400),
        ("500ms", 0.5),
        ("90s", 90),
        ("1.5h", 5400),
        ("1d 2h", 93_600),
        (" 10 m ", 600),
        ("1s500ms", 1.5),
    ],
)
def test_a_duration_is_read(text: str, expected: float):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", " ", "10", "m", "ten m", "10x", "10m5", "-5m", "30m1h", "1,5h", "1e3s", "10 mm", "٣m"])
def test_what_is_no_duration_is_refused(text: str):
    with pytest.raises(ValueError, match="must be a duration"):
        seconds(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5MB", 5_000_000), ("5MiB", 5_242_880), ("1.5kB", 1500), ("7B", 7), (" 2 gib ", 2**31), ("1GB", 10**9), ("10KiB", 10_240)],
)
def test_a_size_is_read(text: str, expected: int):
    assert size(text) == expected


@pytest.mark.parametrize("text", ["", "5", "5M", "MB", "-5MB", "1.5B", "0.3kiB", "5TB", "5 M B", "1e3B", "٣MB"])
def test_what_is_no_size_is_refused(text: str):
    with pytest.raises(ValueError, match="must be a size"):
        size(text)


@pytest.mark.parametrize(("text", "expected"), [("20%", 0.2), ("0%", 0), (" 12.5 % ", 0.125), ("99%", 0.99)])
def test_a_share_is_read(text: str, expected: float):
    assert share(text) == expected


@pytest.mark.parametrize("text", ["", "20", "%", "100%", "-5%", "a fifth", "٣%", "1e1%"])
def test_what_is_no_share_is_refused(text: str):
    with pytest.raises(ValueError, match="a share below 100 %"):
        share(text)


@given(st.integers(0, 40), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_the_parts_of_a_duration_add_up(d: int, h: int, m: int, s: int, ms: int):
    expected = d * 86_400 + h * 3_600 + m * 60 + s + ms / 1000
    assert seconds(f"{d}d{h}h{m}m{s}s{ms}ms") == pytest.approx(expected)


@given(st.integers(0, 10**12))
def test_a_size_in_bytes_is_itself(number: int):
    assert size(f"{number}B") == number


def test_rules_say_themselves_which_settings_have_a_unit():
    assert dict(measured(SendRules)) == {"chunk_bytes": "B", "allowance_reserve": "calls", "timeout": "s"}
    assert dict(measured(ReadRules)) == {"max_line": "B"}


def test_every_wrong_unit_is_named_and_numbers_stay_as_they_are():
    plain, wrong = in_plain_numbers({"timeout": "soon", "chunk_bytes": "much", "concurrency": 3}, SendRules)
    assert plain == {"concurrency": 3}
    assert set(wrong) == {"timeout", "chunk_bytes"}
    assert in_plain_numbers({"timeout": 5, "chunk_bytes": "1MB"}, SendRules) == ({"timeout": 5, "chunk_bytes": 10**6}, {})
