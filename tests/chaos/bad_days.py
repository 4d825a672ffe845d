"""Bad days drawn by lot: what is loaded, some of it bad, and a plan of what goes wrong. All of it follows from a seed."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.chaos.shapes import Load, load

WINDOW = 1.2
"""Seconds during which the org may still execute a request: `[evidence] window`."""
TIMEOUT = 0.8


@dataclass(frozen=True)
class BadDay:
    """What is loaded, how, and what happens to it."""

    load: Load
    job: str
    """A configuration; `{url}` is the org's."""
    faults: str
    """A fault plan."""


def bad_day(way: str, dice: Random) -> BadDay:
    """Draw a bad day for a way of evidence, and what is loaded."""
    drawn = load(way, dice)
    return BadDay(drawn, _job(drawn, dice), _faults(way, *ENDPOINTS[drawn.route], dice))


def _job(drawn: Load, dice: Random) -> str:
    return f"""
[job]
name = "chaos"
object = "{drawn.object}"
input = "{drawn.name}"
state = "state"
reports = "reports"
[org]
url = "{{url}}"
[org.auth]
kind = "client_credentials"
client_id = "embedded"
client_secret = "env:ORG_SECRET"
[send]
route = "{drawn.route}"
chunk_records = {dice.choice([3, 10, 40, 200] if drawn.in_parts else [7 + max(drawn.kin.values()), 20, 50, 200])}
job_records = {dice.choice([40, 100])}
concurrency = {dice.choice([1, 3, 8])}
requests_per_second = 0
timeout = {TIMEOUT}
doubts_in_row = {dice.choice([3, 50])}
[evidence]
window = {WINDOW}
[limits]
same_error_requests = 10000
""" + drawn.mapping.replace("{", "{{").replace("}", "}}")


def _faults(way: str, calls: str, of_rows: str, dice: Random) -> str:
    text = [f"seed = {dice.randint(0, 10**9)}\n", *(f'\n[[fault]]\non = ["{of_rows}"]\n{each}' for each in ALWAYS)]
    for _ in range(dice.randint(1, 4)):
        how = dice.choice(["nth = [{}]", "chance = 0.3\ntimes = {}", "every = 3\ntimes = {}"]).format(dice.randint(1, 4))
        kind = dice.choice(KINDS if of_rows == "bulk_chunk" else KINDS + LATE)(way, dice)
        text.append(
            f"\n[[fault]]\n{how}\n{kind}" + f'on = ["{of_rows if "row_lock" in kind else calls}"]\n' * ("on = " not in kind)
        )
    return "".join(text)


INGEST = ("create", "upload", "change", "get", "succeeded", "failed", "unprocessed")
ENDPOINTS = {
    "tree": ("tree", "tree"),
    "collections": ("create_many", "create_many"),
    "single": ("create", "create"),
    "bulk": ('", "'.join(f"ingest_{step}" for step in INGEST), "bulk_chunk"),
}
"""By route: what the embedded org calls its calls, and what refuses rows."""
ALWAYS = (
    'do = "trigger"\n[fault.where]\nfield = "Title"\nequals = "poison"\n',
    'do = "rule"\nnaming = "first"\n[fault.where]\nfield = "Title"\nequals = "rule"\n',
)
"""What is wrong with bad rows, on good days too."""


def _when(dice: Random) -> str:
    return f'when = "{dice.choice(["before_commit", "after_commit"])}"\n'


def _late(way: str, dice: Random) -> str:
    """Commit when nobody waits any more; where a unique field guards against it, also after the window."""
    seconds = dice.uniform(0.1, WINDOW - 0.3 if way.endswith("values") else 2 * WINDOW)
    return f'do = "late"\nseconds = {seconds:.2f}\n'


def _of_questions(_: str, dice: Random) -> str:
    """Let the questions of evidence suffer, too."""
    kind = dice.choice(['do = "drop"', 'do = "html"', 'do = "expired"', 'do = "truncated"', 'do = "unavailable"'])
    return f'on = ["query", "composite", "userinfo"]\n{kind}\n'


KINDS: tuple[Callable[[str, Random], str], ...] = (
    lambda _, dice: f'do = "drop"\n{_when(dice)}',
    lambda _, dice: f'do = "drop"\nreset = true\n{_when(dice)}',
    lambda _, dice: f'do = "truncated"\n{_when(dice)}',
    lambda _, dice: f'do = "html"\nstatus = {dice.choice([200, 502, 503])}\n{_when(dice)}',
    lambda _, dice: f'do = "empty"\nstatus = 201\n{_when(dice)}',
    lambda _, dice: f'do = "foreign"\n{_when(dice)}',
    lambda _, dice: f'do = "status"\nstatus = {dice.choice([500, 502, 504])}\n{_when(dice)}',
    lambda _, dice: f'do = "hang"\nseconds = {dice.uniform(0.1, 1.5):.2f}\n{_when(dice)}',
    lambda _, dice: f'do = "slow"\nseconds = {dice.uniform(0.05, 0.5):.2f}\n{_when(dice)}',
    lambda *_: 'do = "expired"\n',
    lambda *_: 'do = "too_many_requests"\n',
    lambda *_: 'do = "busy"\nretry_after = 0\n',
    lambda *_: 'do = "unavailable"\n',
    lambda *_: 'do = "row_lock"\n',
    _of_questions,
)
LATE: tuple[Callable[[str, Random], str], ...] = (_late, _late)
"""Twice as likely as the others; what jobs do is late anyhow."""
