"""The pretend org: what it holds, whom it lets in, and how many requests it has left. No state lives anywhere else."""

import base64
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pipeline.simulator import ids
from pipeline.simulator.allowance import Allowance
from pipeline.simulator.connected_app import ConnectedApp
from pipeline.simulator.errors import not_found
from pipeline.simulator.fault_plan import Plan
from pipeline.simulator.fault_turns import Turns
from pipeline.simulator.ledger import Alteration, Deletion, Entry, Ledger, Transaction, read
from pipeline.simulator.objects import SObject, load
from pipeline.simulator.refusals import Refusal
from pipeline.simulator.store import Record, Table
from pipeline.simulator.traffic import Conditions, Traffic
from pipeline.simulator.transactions import Before, Held, apply
from pipeline.simulator.values import stamp

ORG_ID = ids.mint("00D", 1)
USER_ID = ids.mint("005", 1)
USERNAME = "importer@embedded.example"
_TOKEN_BYTES = 48
_CURSORS = 10
"""So many queries may be open for further pages; the oldest is closed for a new one."""

_PEOPLE: dict[str, tuple[str, dict[str, Any]]] = {
    "user": (
        USER_ID,
        {"Username": USERNAME, "FirstName": "Embedded", "LastName": "Importer", "Email": USERNAME, "IsActive": True},
    ),
    "organization": (
        ORG_ID,
        {"Name": "Embedded Org", "InstanceName": "EMB0", "IsSandbox": False},
    ),
}
"""Records that are there from the beginning, by object."""


class Org:
    """A pretend Salesforce org in memory; with a ledger, its memory outlives the process.

    `describes` is a folder of describes as an org returns them (`*.json`): objects added to ours, or put in their place.
    `learn` are tree files and plans of the Salesforce CLI: objects and fields that they have, and the org hasn't, are added.
    `app` is what clients log in through. `clock` is asked for the time of day (UTC); `latency` seconds pass before each request
    is dealt with.
    `faults` is a plan of what goes wrong, and then counts what did. `duplicate_rule`: whether contacts and leads that are there
    already are refused unless the client insists, or refused; by itself nobody looks. `edition` is what it says of itself in
    Organization: any but the Developer Edition is taken for an org in production.
    `token` is good from the start; each login hands out another. `calls` counts the requests by endpoint (`tree`, `create`,
    `query`, `describe`, `limits`, `token` ..., refused ones too).
    """

    def __init__(
        self,
        *,
        ledger: Path | None = None,
        describes: Path | None = None,
        learn: Sequence[Path] = (),
        app: ConnectedApp | None = None,
        api_requests_max: int = 15000,
        clock: Callable[[], datetime] | None = None,
        latency: float = 0.0,
        faults: Plan | None = None,
        duplicate_rule: Literal["alert", "block"] | None = None,
        edition: str = "Developer Edition",
    ) -> None:
        self.app = app or ConnectedApp()
        self.latency = latency
        self.duplicate_rule = duplicate_rule
        self._edition = edition
        self.faults = Turns(faults) if faults is not None else None
        self.traffic = Traffic(faults.conditions, faults.seed) if faults is not None else Traffic(Conditions())
        self.calls: Counter[str] = Counter()
        self.refusal: Refusal | None = None
        self.jobs: dict[str, Any] = {}
        self.allowance = Allowance(api_requests_max)
        self.cursors: OrderedDict[str, Any] = OrderedDict()
        self.now = clock or _now
        self._tokens: set[str] = set()
        self.token = self.login()
        self._tables = {name: Table(sobject, USER_ID) for name, sobject in load(describes, learn).items()}
        self._prefixes = {table.sobject.key_prefix: table for table in self._tables.values() if table.sobject.key_prefix}
        self._minted: Counter[str] = Counter()
        self._add_people()
        self._add_record_types()
        self._held: Held | None = None
        self._ledger = self._remember(ledger) if ledger is not None else None

    @property
    def client_id(self) -> str:
        """The client id of the app."""
        return self.app.client_id

    @property
    def client_secret(self) -> str:
        """The client secret of the app."""
        return self.app.client_secret

    def count(self, object_name: str) -> int:
        """Count the records of an object."""
        return len(self.table(object_name).rows)

    def records(self, object_name: str) -> list[dict[str, Any]]:
        """List the records of an object with all their fields, in the order of their creation."""
        table = self.table(object_name)
        return [table.shown(record) for record in table.rows.values()]

    def login(self) -> str:
        """Hand out a new token; it becomes `token`."""
        self.token = _jwt() if self.app.tokens == "jwt" else f"{ORG_ID[:15]}!{_random()}"
        self._tokens.add(self.token)
        return self.token

    def expire_tokens(self) -> None:
        """Make every token that was handed out invalid. Only a new login helps."""
        self._tokens.clear()

    def lets_in(self, token: str) -> bool:
        """Say whether a token is good."""
        return token in self._tokens

    def close(self) -> None:
        """Close the ledger, if there is one, and forget the files of jobs; such an org creates nothing any more."""
        for job in self.jobs.values():
            job.close()
        if self._ledger is not None:
            self._ledger.close()

    def sobjects(self) -> list[SObject]:
        """List the objects, by name."""
        return sorted((table.sobject for table in self._tables.values()), key=lambda sobject: sobject.name)

    def table(self, object_name: str) -> Table:
        """Find an object's records, whatever the case of its name. Raises ApiError (404)."""
        try:
            return self._tables[object_name.lower()]
        except KeyError as error:
            raise not_found() from error

    def find_table(self, object_name: object) -> Table | None:
        """Find an object's records; None if there is no such object."""
        return self._tables.get(object_name.lower()) if isinstance(object_name, str) else None

    def object_of(self, record_id: str) -> str | None:
        """Name the object whose ids begin like this one, if the org has it."""
        table = self._prefixes.get(record_id[:3])
        return table.sobject.name if table else None

    def exists(self, record_id: str) -> bool:
        """Say whether there is a record with this 18-character id."""
        table = self._prefixes.get(record_id[:3])
        return table is not None and record_id in table.rows

    def mint(self, sobject: SObject) -> str:
        """Make the next id of an object. An id is never given twice, also not after a refused request."""
        self._minted[sobject.key_prefix] += 1
        return ids.mint(sobject.key_prefix, self._minted[sobject.key_prefix])

    def mint_id(self, prefix: str) -> str:
        """Make the next id of what is no record: the locator of a query, a bulk job.

        No ledger knows them, so they begin with the time: an org that starts again gives none of them a second time.
        """
        if prefix not in self._minted:
            self._minted[prefix] = int(self.now().timestamp())
        self._minted[prefix] += 1
        return ids.mint(prefix, self._minted[prefix])

    def open_cursor(self, locator: str, cursor: Any) -> None:
        """Keep a query open for further pages."""
        self.cursors[locator] = cursor
        while len(self.cursors) > _CURSORS:
            self.cursors.popitem(last=False)

    def commit(
        self,
        path: str,
        created: Iterable[Entry] = (),
        updated: Iterable[Alteration] = (),
        deleted: Iterable[Deletion] = (),
    ) -> None:
        """Create, alter and delete records, all or none: on disk first, then in memory. The records were checked."""
        time = self.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        transaction = Transaction(time, self.allowance.total, path, tuple(created), tuple(updated), tuple(deleted))
        if self._held is not None:
            self._held.add(transaction, self._keep(transaction))
            return
        if self._ledger is not None:
            self._ledger.append(transaction)
        self._keep(transaction)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one transaction of all that is committed meanwhile; an exception takes all of it back."""
        self._held = held = Held()
        try:
            yield
            whole = held.transaction()
            if self._ledger is not None and whole is not None:
                self._ledger.append(whole)
        except BaseException:
            held.take_back()
            raise
        finally:
            self._held = None

    def _keep(self, transaction: Transaction) -> list[Before]:
        return apply(transaction, self._tables, self.mint)

    def _add_people(self) -> None:
        created = stamp(self.now().replace(microsecond=0))
        for name, (record_id, values) in _PEOPLE.items():
            kept = {**values, "OrganizationType": self._edition} if name == "organization" else values
            self._tables[name].add(Record(record_id, created, kept))

    def _add_record_types(self) -> None:
        """Make records of what the describes say, so that they can be queried. `Master` is no record in an org either."""
        created = stamp(self.now().replace(microsecond=0))
        for sobject in self.sobjects():
            for info in sobject.describe["recordTypeInfos"]:
                if not info["master"]:
                    values = {"Name": info["name"], "DeveloperName": info["developerName"], "IsActive": info["active"]}
                    kept = {**values, "SobjectType": sobject.name}
                    self._tables["recordtype"].add(Record(info["recordTypeId"], created, kept))

    def _remember(self, path: Path) -> Ledger:
        ledger = Ledger(path)
        try:
            for transaction in read(path):
                self._recall(path, transaction)
        except ValueError:
            ledger.close()
            raise
        return ledger

    def _recall(self, path: Path, transaction: Transaction) -> None:
        unknown = {name for name, _ in transaction.objects() if self.find_table(name) is None}
        advice = "start with the describes and data it was written with, or with another ledger"
        if unknown:
            raise ValueError(f"{path}: has records of {', '.join(sorted(unknown))}, which this org doesn't have: {advice}")
        moved = {name for name, id_ in transaction.objects() if self._tables[name.lower()].sobject.key_prefix != id_[:3]}
        if moved:
            raise ValueError(f"{path}: the ids of {', '.join(sorted(moved))} begin otherwise than in this org: {advice}")
        try:
            self._keep(transaction)
        except KeyError as error:
            unknown_id = error.args[0]
            raise ValueError(f"{path}: alters or deletes {unknown_id}, which it has not created: name another ledger") from error
        self.allowance.add(datetime.fromisoformat(transaction.time), transaction.request - self.allowance.total)
        for entry in transaction.records:
            self._minted[entry.id[:3]] = max(self._minted[entry.id[:3]], ids.number_of(entry.id))


def _random() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES).replace("-", ".")


def _jwt() -> str:
    """Make a token in the form of a JWT. Nobody can check what it is signed with: a client only carries it."""
    head, claims, signature = b'{"alg":"RS256"}', b'{"sub":"uid:%s"}' % USER_ID.encode(), secrets.token_bytes(_TOKEN_BYTES)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (head, claims, signature))


def _now() -> datetime:
    return datetime.now(UTC)
