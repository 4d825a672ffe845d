"""From settings to a logged-in way to the org, and the describe of the job's object."""

from collections import Counter
from collections.abc import Callable
from difflib import get_close_matches

from pipeline import config
from pipeline.clock import SystemClock
from pipeline.errors import UsageError
from pipeline.model.describe import Describe
from pipeline.model.wire import Purpose, Reply
from pipeline.salesforce import describe as describing
from pipeline.transport.certificates import Trust
from pipeline.transport.cli_login import CliLogin
from pipeline.transport.connection import Connection
from pipeline.transport.logins import ClientCredentials, GivenToken, JwtBearer, Login, RefreshToken
from pipeline.transport.proxies import proxy_for


def login_to(org: config.Org, tell: Callable[[str], None]) -> Login:
    """Choose the way to log in to a real org. Secrets are read when they are used; `tell` says what a person must know.

    :raises UsageError: if the configuration names none, or files for TLS that can't be used, or if the environment has no proxy
        where it should name one.
    """
    proxy_for(org.url)
    if (trust := _trust(org)) is not None:
        trust.context()
    match org.auth:
        case config.AccessToken(token=token):
            return GivenToken(org.url, token.resolve)
        case config.ClientCredentials(client_id=client_id, client_secret=secret):
            return ClientCredentials(org.url, _reader(client_id), secret.resolve)
        case config.JwtBearer(client_id=client_id, username=username, private_key=key, audience=audience):
            return JwtBearer(org.url, _reader(client_id), username, key.resolve, audience=audience, now=SystemClock().now)
        case config.RefreshToken(client_id=client_id, refresh_token=token, client_secret=optional):
            secret_of = optional.resolve if optional is not None else None
            return RefreshToken(org.url, _reader(client_id), secret_of, keeper=config.KeptSecret(token), tell=tell)
        case config.SfCli(target_org=target_org):
            return CliLogin(org.url, target_org, withheld=_variables(org))
        case None:
            raise UsageError(f'{org.url}: no way to log in: add [org.auth] with its kind, such as "client_credentials"')


def _variables(org: config.Org) -> frozenset[str]:
    """Name the variables of the environment that hold secrets of ours, which concern nobody else."""
    return frozenset({org.client_key.name} if org.client_key is not None and org.client_key.source == "env" else ())


def _reader(client_id: str | config.SecretRef) -> Callable[[], str]:
    return client_id.resolve if isinstance(client_id, config.SecretRef) else lambda: client_id


def login_with(url: str, token: str) -> Login:
    """Log in to an org at an address, with a token in hand."""
    return GivenToken(url, lambda: token)


def connection(login: Login, settings: config.Settings) -> Connection:
    """Make the way to the org; it is logged in when it is entered."""
    org, rules = settings.org, settings.send
    return Connection(
        login,
        concurrency=rules.concurrency,
        timeout=rules.timeout,
        calls=Counter[Purpose](),
        client=org.client,
        packs=rules.gzip,
        trust=_trust(org),
        reserve=rules.allowance_reserve,
    )


def _trust(org: config.Org) -> Trust | None:
    """Say what TLS is to know besides what the machine does, if there is anything."""
    if not (org.ca_file or org.client_certificate):
        return None
    return Trust(org.ca_file, org.client_certificate, org.client_key.resolve if org.client_key is not None else None)


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
