"""What a request that creates records may set off in the org, as headers that say so outright: no default of the org counts.

    Sforce-Auto-Assign               TRUE if it isn't said, and then rules choose owners and send mails
    Sforce-Duplicate-Rule-Header     from version 52.0 on
    Sforce-Mru                       from version 60.0 on; older ones list what was created among the recently viewed records

The vendor says of the first two that they hold wherever records are created; of the third it lists where: single create is
there, trees and collections aren't. Whether these two heed all of them is confirmed by no page and no recording.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_autoassign.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_duplicaterules.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_mru.htm
"""

from collections.abc import Collection, Mapping

ASSIGNED = frozenset({"Account", "Case", "Lead"})
"""Objects whose owners assignment rules choose."""
NO_RULE = "off"
ACTIVE_RULES = "active"
_SINCE = 52
"""The version from which on duplicates can be allowed."""


def headers(*, assignment: str, allow_duplicates: bool, recently_viewed: bool) -> Mapping[str, str]:
    """Say all of it. `assignment` is `off`, `active` or the id of a rule.

    Off is said for every object: the header holds for what triggers create, too.
    """
    assigned = {NO_RULE: "FALSE", ACTIVE_RULES: "TRUE"}.get(assignment, assignment)
    return {
        "Sforce-Auto-Assign": assigned,
        "Sforce-Duplicate-Rule-Header": f"allowSave={_flag(flag=allow_duplicates)}",
        "Sforce-Mru": f"updateMru={_flag(flag=recently_viewed)}",
    }


def fault(*, assignment: str, allow_duplicates: bool, api_version: str, objects: Collection[str]) -> str:
    """Say what can't work with this version or these objects; nothing, if all can."""
    if assignment not in {NO_RULE, ACTIVE_RULES} and not ASSIGNED & set(objects):
        rightful = ", ".join(sorted(ASSIGNED))
        return f"effects.assignment names a rule, but {', '.join(objects)} has none: assignment rules are of {rightful}"
    if allow_duplicates and int(api_version.partition(".")[0]) < _SINCE:
        return f'effects.duplicate_rules = "allow" needs org.api_version {_SINCE}.0 or later, and {api_version} is set'
    return ""


def fault_in_jobs(*, assignment: str, duplicate_rules: str, recently_viewed: bool) -> str:
    """Say what bulk jobs can't do; nothing, if they can do all: they know the id of an assignment rule, and nothing else.

    https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/create_job.htm
    """
    wrong = [
        'effects.assignment = "active" (give the id of the rule)' * (assignment == ACTIVE_RULES),
        'effects.duplicate_rules = "allow"' * (duplicate_rules == "allow"),
        "effects.recently_viewed = true" * recently_viewed,
    ]
    said = ", ".join(filter(None, wrong))
    return f'{said}: bulk jobs can\'t be told that; use another send.route than "bulk"' if said else ""


def _flag(*, flag: bool) -> str:
    return str(flag).lower()
