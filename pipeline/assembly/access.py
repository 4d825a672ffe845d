"""From settings to a logged-in way to the org, and the describe of the job's object."""

from collections import Counter
from difflib import get_close_matches

from pipeline import config
from pipeline.errors import UsageError
from pipeline.model.describe import Describe
from pipeline.model.wire import Purpose, Reply
from pipeline.policy.rules import SendRules
from pipeline.salesforce import describe as describing
from pipeline.transport.connection import Connection
from pipeline.transport.logins import ClientCredentials, GivenToken, Login


def login_to(org: config.Org) -> Login:
    """Choose the way to log in to a real org. Secrets are read when they are used.

    :raises UsageError: if the configuration names none.
    """
    match org.auth:
        case config.AccessToken(token=token):
            return GivenToken(org.url, token.resolve)
        case config.ClientCredentials(client_id=client_id, client_secret=secret):
            return ClientCredentials(
                org.url, client_id.resolve if isinstance(client_id, config.SecretRef) else lambda: client_id, secret.resolve
            )
        case None:
            raise UsageError(f'{org.url}: no way to log in: add [org.auth] with kind = "client_credentials" or "access_token"')


def login_with(url: str, token: str) -> Login:
    """Log in to an org at an address, with a token in hand."""
    return GivenToken(url, lambda: token)


def connection(login: Login, rules: SendRules) -> Connection:
    """Make the way to the org; it is logged in when it is entered."""
    return Connection(login, concurrency=rules.concurrency, timeout=rules.timeout, calls=Counter[Purpose]())


async def describe(org: Connection, api_version: str, object_name: str) -> Describe:
    """Fetch the describe of an object.

    :raises UsageError: if the org has no such object, with the nearest that it has; or if records of it can't be created.
    """
    described, _ = await whole_describe(org, api_version, object_name)
    return creatable(described)


async def whole_describe(org: Connection, api_version: str, object_name: str) -> tuple[Describe, bytes]:
    """Fetch the describe of an object, and the very bytes of it.

    :raises UsageError: if the org has no such object, with the nearest that it has.
    """
    delivery = await org.send(describing.build(api_version, object_name))
    try:
        described = describing.decipher(delivery, object_name)
    except describing.UnknownObject as error:
        names = describing.decipher_global(await org.send(describing.build_global(api_version)))
        near = get_close_matches(object_name, names, n=1)
        raise UsageError(f"{error}" + (f"; did you mean {near[0]}?" if near else "")) from error
    return described, delivery.body if isinstance(delivery, Reply) else b""


def creatable(described: Describe) -> Describe:
    """Return the describe of an object whose records can be created.

    :raises UsageError: if this user can't.
    """
    if not described.createable:
        raise UsageError(f"this user can't create records of {described.name}: give the user that right, or check job.object")
    return described
