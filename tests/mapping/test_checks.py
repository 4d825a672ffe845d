from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.mapping.checks import Refused, addresses, characters, check_of, longest_of, value_check_of

ACCOUNT, CONTACT = "001D000000K0fXOIAZ", "003D000000QV9n2IAD"


def code(check, *values) -> str:
    """Return the code with which values are refused; nothing if they pass, `form` if they are no such values at all."""
    try:
        check(values)
    except Refused as refused:
        return refused.code
    except ValueError:
        return "form"
    return ""


def message(check, value) -> str:
    with pytest.raises(Refused) as refused:
        check([value])
    return str(refused.value)


@pytest.mark.parametrize("text", ["a@b.co", " a@b.co ", "ü+x'y@bücher.example.org", "x" * 90 + "@example.org", " "])
def test_what_may_be_an_address_passes(text):
    addresses([text])


@pytest.mark.parametrize(
    "text", ["a", "a@", "@b.co", "a@b", "a@@b.co", "a b@c.de", "a@b.co c@d.ef", "a@b.co\nc@d.ef", "a@.co", "a@b..co", "a@b.co."]
)
def test_what_is_surely_no_address_is_refused(text):
    assert code(addresses, text) == "INVALID_EMAIL_ADDRESS"
    assert code(addresses, "a@b.co", text, "a@b.co") == "INVALID_EMAIL_ADDRESS"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1700-01-01", ""),
        ("4000-12-31", ""),
        ("1699-12-30", "FIELD_INTEGRITY_EXCEPTION"),
        ("4001-01-02", "FIELD_INTEGRITY_EXCEPTION"),
        ("0001-01-01", "FIELD_INTEGRITY_EXCEPTION"),
        ("31.12.1990", "form"),
    ],
)
def test_dates_are_in_the_range_of_the_org(field, text, expected):
    assert code(check_of(field("Birthdate", "date")), "1990-01-31", text) == expected


def test_moments_are_in_the_range_of_the_org(field):
    check = check_of(field("LastSeen__c", "datetime"))
    assert code(check, "4001-01-01T10:00:00+14:00") == ""
    assert code(check, "9999-12-31T00:00:00Z") == "FIELD_INTEGRITY_EXCEPTION"


def test_a_restricted_picklist_takes_its_values_in_any_case_and_no_others(field):
    check = check_of(field("Rating", "picklist", restricted_picklist=True, picklist=("Hot", "Warm", "Cold")))
    assert code(check, "Hot", "warm", " Cold ") == ""
    assert code(check, "Hot", "Tepid") == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert message(check, "Tepid") == "is not in the picklist: Hot, Warm, Cold"


def test_each_of_several_choices_is_looked_at(field):
    check = check_of(field("Likes__c", "multipicklist", restricted_picklist=True, picklist=("A", "B")))
    assert code(check, "A;B", "b; A", "A;") == ""
    assert code(check, "A;C") == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_many_choices_are_not_all_listed(field):
    check = check_of(field("Rating", "picklist", restricted_picklist=True, picklist=tuple(f"v{n}" for n in range(500))))
    assert message(check, "x").endswith("v7 ...")


def test_an_open_picklist_takes_any_text_that_is_not_too_long(field):
    assert check_of(field("LeadSource", "picklist", picklist=("Web",))) is None
    assert longest_of(field("LeadSource", "picklist", picklist=("Web",), length=255)) == 255


NUMBERS = [
    ("int", {"digits": 3}, "999", "1000"),
    ("int", {"digits": 3}, "-999", "-1000"),
    ("int", {}, "2147483647", "2147483648"),
    ("long", {}, "9223372036854775807", "9223372036854775808"),
    ("double", {"precision": 5, "scale": 2}, "999.999", "1000"),
    ("double", {"precision": 5, "scale": 2}, "9.99e2", "1e3"),
    ("currency", {"precision": 18, "scale": 2}, "9999999999999999.99", "10000000000000000"),
    ("percent", {"precision": 3}, "100", "1000.5"),
    ("double", {}, "1e300", "1e400"),
]


@pytest.mark.parametrize(("kind", "more", "good", "bad"), NUMBERS)
def test_numbers_have_no_more_digits_than_their_field(field, kind, more, good, bad):
    check = check_of(field("N__c", kind, **more))
    assert code(check, "1", good) == ""
    assert code(check, "1", bad, "1") == "NUMBER_OUTSIDE_VALID_RANGE"


@pytest.mark.parametrize("text", ["", "many", "nan", "inf", "1,000,000", "1_000_000"])
def test_what_is_no_number_is_the_converters_to_refuse(field, text):
    assert code(check_of(field("N__c", "int", digits=3)), text, "999") == ""


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("boolean", True, 1),
        ("int", 999, 1000),
        ("int", 5.0, 5.5),
        ("double", 1.5, True),
        ("double", -99.5, 1e6),
    ],
)
def test_json_values_are_of_the_fields_type(field, kind, good, bad):
    check = value_check_of(field("F__c", kind, digits=3, precision=3, scale=1))
    assert code(check, good) == ""
    assert code(check, good, bad, good) != ""


@pytest.mark.parametrize("kind", ["date", "datetime", "time"])
def test_dates_and_times_are_no_numbers(field, kind):
    assert code(value_check_of(field("F__c", kind)), 20240530) == "form"


@pytest.mark.parametrize("text", [ACCOUNT, ACCOUNT[:15], f" {ACCOUNT} ", "a0B000000000001"])
def test_what_may_be_the_id_of_an_account_passes(field, text):
    assert code(check_of(field("AccountId", "reference", reference_to=("Account",))), ACCOUNT, text) == ""


@pytest.mark.parametrize(
    "text", ["Acme", ACCOUNT[:17], ACCOUNT.lower(), ACCOUNT[:15] + "AAA", ACCOUNT[:14] + "-", CONTACT, CONTACT[:15], "x" * 40]
)
def test_what_is_surely_no_id_of_an_account_is_refused(field, text):
    check = check_of(field("AccountId", "reference", reference_to=("Account",)))
    assert code(check, ACCOUNT, text) == "MALFORMED_ID"


def test_an_id_of_a_wrong_object_is_said_to_be_one(field):
    check = check_of(field("OwnerId", "reference", reference_to=("Group", "User")))
    assert message(check, CONTACT) == "is the id of Contact; the field takes Group or User"


def test_the_prefix_proves_nothing_where_it_is_not_known_what_the_field_takes(field):
    assert code(check_of(field("ParentId", "reference")), ACCOUNT, CONTACT) == ""
    person = check_of(field("ContactId", "reference", reference_to=("Contact",)))
    assert code(person, ACCOUNT) == ""


@pytest.mark.parametrize(
    ("kind", "more", "longest"),
    [
        ("string", {}, 80),
        ("textarea", {"length": 32_000}, 32_000),
        ("textarea", {"html": True}, 0),
        ("picklist", {"restricted_picklist": True, "picklist": ("A",)}, 0),
        ("multipicklist", {"length": 4_099}, 0),
        ("date", {}, 0),
    ],
)
def test_only_texts_have_a_length(field, kind, more, longest):
    assert longest_of(field("F__c", kind, **more)) == longest


@pytest.mark.parametrize(("text", "counted"), [("abc", 3), (" abc\n", 3), ("a\r\nb", 3), ("日本", 2), ("👩", 1)])
def test_characters_are_counted_as_few_as_the_org_might(text, counted):
    assert characters(text) == counted


FIELDS = st.sampled_from(
    [
        ("email", {}),
        ("date", {}),
        ("picklist", {"restricted_picklist": True, "picklist": ("A", "b")}),
        ("multipicklist", {"restricted_picklist": True, "picklist": ("A", "b")}),
        ("int", {"digits": 2}),
        ("double", {"precision": 4, "scale": 2}),
        ("reference", {"reference_to": ("Account",)}),
    ]
)
TEXTS = st.lists(
    st.sampled_from(
        ["a@b.co", "a@b", "a@b.co\n", "1990-01-31", "1500-01-31", "A", "B", "C", "A;b", "99", "100", "nan", "-1e1", "x"]
    )
    | st.sampled_from([ACCOUNT, ACCOUNT[:15], CONTACT, ""])
    | st.text(max_size=5),
    max_size=6,
)


@given(FIELDS, TEXTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # what it makes keeps nothing
def test_a_column_passes_if_each_of_its_texts_passes(field, of: tuple[str, dict], texts: Sequence[str]):
    check = check_of(field("F__c", of[0], **of[1]))
    assert (code(check, *texts) == "") == all(code(check, text) == "" for text in texts)
