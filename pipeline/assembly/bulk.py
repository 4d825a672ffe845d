"""What is special about a run whose records go in bulk jobs."""

from pipeline.assembly.way import Way
from pipeline.assembly.work import Import, Surroundings
from pipeline.journal.journal import Journal
from pipeline.salesforce.effects import NO_RULE
from pipeline.stages.bulk_jobs import FIRST_WAIT, Jobs, Pace
from pipeline.transport.admission import Admission
from pipeline.transport.connection import Connection

AT_ONCE = 0.05
"""Seconds before a job of the embedded org is asked how far it is: it has no other work."""


def jobs_of(work: Import, org: Connection, journal: Journal, way: Way, around: Surroundings, pace: Pace | None = None) -> Jobs:
    """Make what gives chunks to jobs; without the `pace` of others it keeps one of its own."""
    settings = work.settings
    assignment = settings.effects.assignment
    return Jobs(
        settings.send,
        org,
        pace or Admission(settings.send, around.clock),
        journal,
        api_version=settings.org.api_version,
        rule="" if assignment == NO_RULE else assignment,
        proof=way.proof,
        clock=around.clock,
        stop=around.stop,
        first_wait=AT_ONCE if settings.org.url == "embedded" else FIRST_WAIT,
    )
