"""limits: how much of each allowance is left. Only the allowance of requests is really counted.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_limits.htm
"""

from pipeline.simulator.org import Org
from pipeline.simulator.wire import Answer, Call

_UNTOUCHED = {"DailyAsyncApexExecutions": 250000, "DailyBulkApiBatches": 15000, "DataStorageMB": 5, "FileStorageMB": 20}


def limits(org: Org, _call: Call) -> Answer:
    """Say what there is of each allowance, and what remains."""
    most = org.allowance.maximum
    requests = {"Max": most, "Remaining": max(0, most - org.allowance.used(org.now()))}
    untouched = {name: {"Max": most, "Remaining": most} for name, most in _UNTOUCHED.items()}
    return Answer(200, {"DailyApiRequests": requests, **untouched})


def usage(org: Org) -> str:
    """Write the header that comes with every metered reply: `api-usage=25/15000`."""
    return f"api-usage={org.allowance.used(org.now())}/{org.allowance.maximum}"
