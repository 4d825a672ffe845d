from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulator.tree_files import samples

TREES = Path(__file__).parents[1] / "fixtures/trees"


def test_parents_come_before_their_children():
    found = [(s.object, s.parent, s.relation) for s in samples(TREES / "plugin-data/accounts-contacts-tree.json")]
    assert found == [
        ("Account", "", ""),
        ("Contact", "Account", "Contacts"),
        ("Contact", "Account", "Contacts"),
        ("Account", "", ""),
    ]


def test_a_plan_is_all_its_files():
    found = [s.object for s in samples(TREES / "plugin-data/accounts-contacts-plan.json")]
    assert found == ["Account", "Contact", "Contact", "Account", *["Contact"] * 4]


def test_a_plan_says_the_object_where_a_record_does_not(tmp_path: Path):
    (tmp_path / "plan.json").write_text('[{"sobject":"Market__c","files":["a.json"]}]')
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"records":[{"Name":"a"}]}')
    assert [s.object for s in samples(tmp_path / "plan.json")] == ["Market__c"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "it isn't JSON"),
        ("[]", "it is neither a tree file"),
        ('{"records":{}}', "it is neither a tree file"),
        ('{"records":[1]}', "record 1 is no object"),
        ('{"records":[{"Name":"a"}]}', "record 1 doesn't say its object; add attributes.type"),
        ('{"records":[{"attributes":{"type":"A"},"Bs":{"records":[{}]}}]}', "record 1 of Bs doesn't say its object"),
    ],
)
def test_what_nothing_can_be_learned_from_is_named(tmp_path: Path, content: str, why: str):
    (tmp_path / "odd.json").write_text(content)
    with pytest.raises(ValueError, match=f"^nothing can be learned from .*odd.json: {why}"):
        list(samples(tmp_path / "odd.json"))


@given(st.binary(max_size=80))
def test_other_bytes_are_refused_in_one_way(tmp_path_factory: pytest.TempPathFactory, content: bytes):
    path = tmp_path_factory.mktemp("any") / "a.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"^nothing can be learned from "):
        list(samples(path))
