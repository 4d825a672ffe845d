"""The embedded org: a pretend Salesforce org on loopback. It shares no code with the client.

async with serve(Org()) as served:
    ...  # served.url, org.token

async with serve(Org(faults=read_plan(path))) as served:
    ...  # a bad day
"""

from pipeline.simulator.connected_app import ConnectedApp
from pipeline.simulator.fault_file import parse as parse_plan
from pipeline.simulator.fault_file import read as read_plan
from pipeline.simulator.fault_plan import Plan
from pipeline.simulator.login_files import equip
from pipeline.simulator.org import Org
from pipeline.simulator.server import Served, serve

__all__ = ["ConnectedApp", "Org", "Plan", "Served", "equip", "parse_plan", "read_plan", "serve"]
