"""What hangs under records that were found: told apart exactly, or not at all."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.policy.kinship import First, SeenKin, SentKin, tell_apart

CONTACT, CASE, CHILD = ("Contact", "AccountId"), ("Case", "ContactId"), ("Account", "ParentId")
ROOT = (1, 2)


def sent(number: int, parent=ROOT, link=CONTACT, **values) -> SentKin:
    return SentKin((1, number), parent, link, values)


def seen(key: str, parent="root", link=CONTACT, **values) -> SeenKin:
    return SeenKin(key, parent, link, values)


def told(kin, found) -> dict[int, str] | None:
    ids = tell_apart([First(ROOT, "root", 2)], kin, found)
    return None if ids is None else {place[1]: key for place, key in ids.items() if place != ROOT}


@pytest.mark.parametrize(
    ("kin", "found", "ids"),
    [
        ([], [], {}),
        ([sent(3, Name="a"), sent(4, Name="b")], [seen("B", Name="b"), seen("A", Name="a")], {3: "A", 4: "B"}),
        ([sent(3, Name="a")], [seen("A", Name="a", Title="set by default")], {3: "A"}),
        ([sent(3, Name="a")], [seen("A", Name="a"), seen("X", Name="added since")], {3: "A"}),
        ([sent(3, Name="a"), sent(4, Name="a", Age=1)], [seen("B", Name="a", Age=1), seen("A", Name="a")], {3: "A", 4: "B"}),
        (
            [sent(3, Name="a"), sent(4, Name="a", link=CHILD)],
            [seen("B", Name="a", link=CHILD), seen("A", Name="a")],
            {3: "A", 4: "B"},
        ),
        ([sent(3, Name="a"), sent(4, Name="a")], [seen("B", Name="a"), seen("A", Name="a")], {3: "A", 4: "B"}),
        (
            [sent(3, Name="a"), sent(4, Name="a"), sent(5, (1, 3), CASE, Subject="x"), sent(6, (1, 4), CASE, Subject="y")],
            [
                seen("A", Name="a"),
                seen("B", Name="a"),
                seen("Y", "A", CASE, Subject="y"),
                seen("X", "B", CASE, Subject="x"),
            ],
            {3: "B", 4: "A", 5: "X", 6: "Y"},
        ),
    ],
    ids=[
        "nothing hangs under it",
        "any order",
        "a default",
        "one more since",
        "one has what another lacks",
        "two relationships",
        "alike",
        "alike but for what hangs under them",
    ],
)
def test_records_are_told_by_their_values_and_what_hangs_under_them(kin, found, ids):
    assert told(kin, found) == ids


@pytest.mark.parametrize(
    ("kin", "found"),
    [
        ([sent(3, Name="a")], []),
        ([sent(3, Name="a")], [seen("A", Name="A")]),
        ([sent(3, Name="a")], [seen("A", "another root", Name="a")]),
        ([sent(3, Name="a")], [seen("A", Name="a"), seen("X", Name="a")]),
        ([sent(3, Name="a"), sent(4, Name="a")], [seen("A", Name="a")]),
        ([sent(3, Name="a"), sent(4, Age=1)], [seen("A", Name="a", Age=1), seen("B", Name="a", Age=1)]),
        ([sent(3, Name="a"), sent(4, (1, 3), CASE, Subject="x")], [seen("A", Name="a")]),
    ],
    ids=["deleted", "changed", "elsewhere", "one more alike", "one of two deleted", "either fits both", "deleted below"],
)
def test_what_cant_be_told_is_not_guessed(kin, found):
    assert told(kin, found) is None


def test_first_records_that_are_alike_are_told_by_what_hangs_under_them():
    firsts = [First((1, 2), "one", "alike"), First((1, 3), "two", "alike"), First((1, 4), "three", "other")]
    kin = [sent(9, (1, 2), Name="a"), sent(10, (1, 3), Name="b"), sent(11, (1, 4), Name="a")]
    found = [seen("A", "two", Name="a"), seen("B", "one", Name="b"), seen("C", "three", Name="a")]
    ids = tell_apart(firsts, kin, found)
    assert ids == {(1, 2): "two", (1, 3): "one", (1, 4): "three", (1, 9): "A", (1, 10): "B", (1, 11): "C"}


@dataclass
class Tree:
    """A record as it was sent, and those under it."""

    values: dict
    link: tuple[str, str]
    below: list["Tree"] = field(default_factory=list)


values = st.dictionaries(st.sampled_from("abc"), st.integers(0, 1), max_size=3)
trees = st.recursive(
    st.builds(Tree, values, st.sampled_from([CONTACT, CHILD])),
    lambda below: st.builds(Tree, values, st.sampled_from([CONTACT, CHILD]), st.lists(below, max_size=4)),
    max_leaves=12,
)


def planted(tops: list[Tree]) -> tuple[list[First], list[SentKin], list[SeenKin]]:
    """Send trees to an org that takes them as they are: the record of place n gets the id of n."""
    firsts: list[First] = []
    kin: list[SentKin] = []
    waiting: list[tuple[Tree, tuple[int, int] | None]] = [(top, None) for top in tops]
    for number, (tree, parent) in enumerate(waiting):
        place = (1, number)
        waiting += [(below, place) for below in tree.below]
        if parent is None:
            firsts.append(First(place, f"id{number}", frozenset(tree.values.items())))
        else:
            kin.append(SentKin(place, parent, tree.link, tree.values))
    found = [SeenKin(f"id{one.place[1]}", f"id{one.parent[1]}", one.link, one.values) for one in kin]
    return firsts, kin, found


@given(st.lists(trees, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_any_trees_are_told_apart_whatever_the_order_of_the_answers(tops, dice):
    firsts, kin, found = planted(tops)
    dice.shuffle(found)
    given_ids = [first.id for first in firsts]
    dice.shuffle(given_ids)
    shuffled = []
    for first in firsts:  # the ids of those that are alike come in any order
        alike = [key for key in given_ids if firsts[int(key[2:])].like == first.like]
        shuffled.append(First(first.place, alike[0], first.like))
        given_ids.remove(alike[0])
    ids = tell_apart(shuffled, kin, found)
    assert ids is not None
    assert sorted(ids.values()) == sorted(f"id{place[1]}" for place in ids)
    parents = {one.id: one.parent for one in found}
    tops_of = [tree.values for tree in tops]  # the first places are theirs, in order
    values_of = {one.place: one.values for one in kin} | {first.place: tops_of[first.place[1]] for first in firsts}
    for one in kin:
        assert parents[ids[one.place]] == ids[one.parent], "each under the record of its own parent"
    for place, key in ids.items():
        assert values_of[place] == values_of[1, int(key[2:])], "each with its own values"


@given(st.lists(trees, min_size=1, max_size=4), st.data())
def test_a_tree_of_which_one_is_gone_is_never_told_as_if_it_were_whole(tops, data):
    firsts, kin, found = planted(tops)
    if kin:
        gone = data.draw(st.sampled_from(found))
        assert tell_apart(firsts, kin, [one for one in found if one is not gone]) is None
