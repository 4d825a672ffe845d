"""The embedded org: a pretend Salesforce org on loopback. It shares no code with the client.

async with serve(Org()) as served:
    ...  # served.url, org.token
"""

from pipeline.simulator.org import Org
from pipeline.simulator.server import Served, serve

__all__ = ["Org", "Served", "serve"]
