import pytest

from pipeline.mapping.rules import FieldRules


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({}, "from must name a column, or several"),
        ({"from_": ("a", "")}, "from must name a column, or several"),
        ({"from_": ("a", "A")}, "from must not name a column twice"),
        ({"join": ","}, "join must stand beside several columns"),
        ({"split": "-"}, "part must say which piece is taken"),
        ({"part": "rest"}, 'part must be "first" or "last" of a name'),
        ({"part": 2}, 'part must be "first" or "last" of a name'),
        ({"other": "keep"}, "other must stand beside values"),
        ({"zone": "UTC"}, "zone must stand beside date"),
        ({"century": 1930}, "century must stand beside date"),
        ({"date": "%d.%m.%Y", "century": 1930}, "century must stand beside a date with %y"),
        ({"date": "%d.%m.%Y", "values": {"a": "b"}}, "values must not stand beside date"),
        ({"date": "%d.%m.%y"}, "date must be the form of dates: it holds %y, a year without its century"),
        (
            {"date": "%d.%m.%Y", "zone": "Europe/Berln"},
            "zone must be a time zone such as Europe/Berlin",
        ),
        ({"lookup": "Account"}, 'lookup must be an object and one of its fields: "Account.External_Id__c"'),
        ({"lookup": "A.B", "date": "%d.%m.%Y"}, "date must not stand beside lookup"),
        ({"on_missing": "omit"}, "on_missing must stand beside lookup"),
        ({"from_": (), "default": "x"}, "from must name a column, or several"),
        ({"from_": (), "default": "x", "lookup": "A.B", "function": "m:f"}, "function must stand beside from"),
        ({"function": "phone"}, 'function must be a module and its function: "my_company.mapping:phone"'),
    ],
)
def test_rules_that_contradict_themselves_are_refused(rules: dict, said: str):
    given = {"from_": "a"} | rules if rules else {}
    with pytest.raises(ValueError, match="must") as fault:
        FieldRules(**given)
    assert str(fault.value).startswith(said)


def test_rules_that_agree_are_taken():
    rules = FieldRules(from_=("a", "b"), join="", split="-", part=2, clean=("strip",), values={"a": "b"}, other="keep")
    assert rules.columns == ("a", "b")
    assert FieldRules(from_="a", date="%d.%m.%y %H:%M", century=1930, zone="Asia/Tokyo").columns == ("a",)
