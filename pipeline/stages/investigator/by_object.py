"""Look for records of several objects: for those of each in the way that its mapping allows."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.errors import OrgUnavailable, TreeloadError
from pipeline.model.pending import Pending
from pipeline.policy.evidence import Exists, Unclear
from pipeline.stages.investigator.looking import Found, Look

SHARED = Unclear("the records that were found fit another request in doubt as well")


class ByObject:
    """Looks in as many ways as the rows of a run have."""

    way = ""

    def __init__(self, look_for: Callable[[Pending], Look]) -> None:
        """Look in the way that `look_for` gives; what has the same one is looked for together."""
        self._look_for = look_for

    async def find(self, waiting: Sequence[Pending], others: Sequence[Pending] = ()) -> list[Found]:
        """Ask about those of each way, one way after the other."""
        groups: dict[int, tuple[Look, list[Pending]]] = {}
        for pending in waiting:
            look = self._look_for(pending)
            groups.setdefault(id(look), (look, []))[1].append(pending)
        found: list[Found] = []
        for look, group in groups.values():
            rest = [*others, *(pending for other, pendings in groups.values() if other is not look for pending in pendings)]
            try:
                found += [replace(each, way=look.way) for each in await look.find(group, rest)]
            except OrgUnavailable:
                raise
            except TreeloadError as error:  # those of the other ways may fare better
                found += [Found(pending, Unclear(str(error)), final=True, way=look.way) for pending in group]
        return _without_shared(found)


def _without_shared(found: Sequence[Found]) -> list[Found]:
    """Believe no record that was found for two of them."""
    times = Counter(key for each in found for key in _ids(each))
    return [replace(each, finding=SHARED) if any(times[key] > 1 for key in _ids(each)) else each for each in found]


def _ids(found: Found) -> list[str]:
    finding = found.finding
    return [*finding.ids.values(), *finding.kin.values()] if isinstance(finding, Exists) else []
