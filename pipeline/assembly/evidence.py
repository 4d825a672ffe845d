"""How rows in doubt are looked for: each in the way that the mapping of what it became allows."""

from functools import partial

from pipeline.assembly.allowance import Allowance, Considerate
from pipeline.assembly.bulk import jobs_of
from pipeline.assembly.recalling import Recaller
from pipeline.assembly.way import Way
from pipeline.assembly.work import Import, Surroundings
from pipeline.journal.doubts import Doubts
from pipeline.journal.journal import Journal
from pipeline.journal.reading import Record
from pipeline.model.pending import Pending
from pipeline.model.record import MEMBER
from pipeline.policy.rules import EvidenceRules
from pipeline.stages.bulk_jobs import Jobs
from pipeline.stages.investigator import Investigator
from pipeline.stages.investigator.asking import Asker
from pipeline.stages.investigator.by_job import ByJob
from pipeline.stages.investigator.by_key import ByKey
from pipeline.stages.investigator.by_marker import ByMarker
from pipeline.stages.investigator.by_object import ByObject
from pipeline.stages.investigator.by_values import ByValues
from pipeline.stages.investigator.looking import Look
from pipeline.stages.investigator.with_kin import Memory, WithKin
from pipeline.transport.connection import Connection


def investigator(work: Import, org: Connection, journal: Journal, way: Way, record: Record, around: Surroundings) -> Investigator:
    """Make the one who asks the org what became of a run's rows in doubt. `record` reads the journal, with this session."""
    rules = work.settings.evidence_rules
    settings = work.settings
    allowance = Allowance(settings.send, org, settings.org.api_version, around.clock, around.stop, around.tally)
    asker = Asker(Considerate(org, allowance, around.clock, around.stop), settings.org.api_version, around.clock)
    steady = len({session.config for session in record.sessions() if session.settings == work.settings.digest()}) == 1
    run = record.run().id
    jobs = jobs_of(work, org, journal, way, around) if way.route.jobs else None
    looks = _Looks(asker, rules, journal.doubts, way, Recaller(work, way, run, journal.known, steady=steady), run, jobs)
    return Investigator(rules, journal.doubts, ByObject(looks.of), around.clock, around.stop, around.tally)


class _Looks:
    """The ways to look for what the rows of each file became."""

    def __init__(
        self, asker: Asker, rules: EvidenceRules, doubts: Doubts, way: Way, recaller: Recaller, run: str, jobs: Jobs | None
    ) -> None:
        self._asker = asker
        self._window = rules.window
        self._doubts = doubts
        self._way = way
        self._run = run
        types = {described.name: {field.name: field.type for field in described.fields.values()} for described in way.describes()}
        self._memory = Memory(recaller.rows, recaller.kin, types)
        self._jobs = jobs
        self._recaller = recaller
        self._known: dict[tuple[str, str, str, bool], Look] = {}

    def of(self, pending: Pending) -> Look:
        """Return the way to look for rows in doubt: one for all that are looked for alike."""
        marker, key = self._way.proofs(pending.file, pending.object, nested=pending.lines[0] >= MEMBER)
        by_job = self._jobs is not None and not pending.alone
        alike = (pending.object, marker, key, by_job)
        if alike not in self._known:
            look: Look = WithKin(self._look(pending.object, marker, key), self._asker, self._memory)
            self._known[alike] = ByJob(self._jobs, look, self._recaller.records) if self._jobs and by_job else look
        return self._known[alike]

    def _look(self, name: str, marker: str, key: str) -> Look:
        whole = self._way.route.atomic
        if marker:
            return ByMarker(self._asker, name, marker, self._run, whole=whole)
        if key:
            return ByKey(self._asker, name, key, self._memory.rows, self._doubts.claimed, whole=whole)
        return ByValues(
            self._asker,
            name,
            self._memory.types[name],
            self._window,
            recall=self._memory.rows,
            recall_kin=self._memory.kin,
            claimed=self._doubts.claimed,
            last_created=partial(self._doubts.last_created, name),
            whole=whole,
        )
