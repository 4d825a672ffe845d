"""The tables of a configuration as the program holds them: checked, frozen, with secrets as references only."""

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Discriminator, Field

from pipeline.config.values import (
    ApiVersion,
    Audience,
    Client,
    ClientId,
    File,
    Folder,
    Inputs,
    Name,
    ObjectName,
    OptionalSecret,
    Patterns,
    Secret,
    Url,
    Word,
)
from pipeline.formats.rules import ReadRules
from pipeline.mapping.duplicates import DuplicateRules
from pipeline.mapping.rules import MappingRules
from pipeline.policy.rules import EffectRules, EvidenceRules, LimitRules, SendRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is loaded, and where its traces go."""

    name: Name = ""
    """Name of the job in reports and the journal; if it isn't given, the name of this file without its ending."""
    object: ObjectName = ""
    """API name of the object that the rows become: `Contact`, `Lead`, `Invoice__c`. Only a plan of the Salesforce CLI says itself
    of which object each of its files is; where there is nothing else to load, it isn't needed."""
    input: Inputs = ()
    """Files, plans of the Salesforce CLI, globs or addresses (`s3://`, `sftp://`), one or a list; paths count from this file's
    folder. Not needed where the command has `--input`."""
    state: Folder = Path(".treeload")
    """Folder of the journal. It must survive between runs: it is what knows what was loaded."""
    reports: Folder = Path("reports")
    """Folder in which each run gets a folder for its report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """Log in with a token that something else has fetched. When it expires the run stops."""

    kind: Literal["access_token"]
    token: Secret
    """The token, by reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """Log in as the run-as user of a connected app (OAuth 2.0 client credentials)."""

    kind: Literal["client_credentials"]
    client_id: ClientId = field(repr=False)
    """The app's consumer key, as it is or by reference."""
    client_secret: Secret
    """The app's consumer secret, by reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtBearer:
    """Log in as a user by an assertion that an app's private key signs (OAuth 2.0 JWT bearer)."""

    kind: Literal["jwt_bearer"]
    client_id: ClientId = field(repr=False)
    """The app's consumer key, as it is or by reference."""
    username: Word
    """Username in the org; an administrator has to approve the app for it."""
    private_key: Secret
    """The private key (RSA, PEM) of the certificate that was uploaded to the app, by reference."""
    audience: Audience = ""
    """Whom the assertion is for; by itself test.salesforce.com for a sandbox's address, else login.salesforce.com."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """Log in with a refresh token that a user's authorisation of an app has given."""

    kind: Literal["refresh_token"]
    client_id: ClientId = field(repr=False)
    """The app's consumer key, as it is or by reference."""
    refresh_token: Secret
    """The refresh token, by reference: a file, if the org replaces it with each use."""
    client_secret: Secret | None = None
    """The app's consumer secret, by reference, if the app requires it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SfCli:
    """Log in with what the Salesforce CLI on this machine is logged in with."""

    kind: Literal["sf_cli"]
    target_org: Word
    """Username or alias of the org, as `sf org list` shows it."""


Auth = AccessToken | ClientCredentials | JwtBearer | RefreshToken | SfCli
"""Ways to log in, told apart by their kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Org:
    """The org that is loaded into."""

    url: Url
    """`embedded` for the org that is part of this program, or `https://` and the org's My Domain
    (`login.salesforce.com` and `test.salesforce.com` know users by name, so they do for some ways of logging in)."""
    api_version: ApiVersion = "67.0"
    """Version of the REST API, 50.0 or later."""
    auth: Annotated[Auth, Discriminator("kind")] | None = None
    """How to log in. The embedded org needs none."""
    learn: Patterns = ()
    """Tree files and plans of the Salesforce CLI (files or globs) whose objects and fields the embedded org takes over."""
    production: bool = False
    """Whether an org in production is meant. Without it, a run asks before it begins there."""
    client: Client = ""
    """What the org's log files call this program, or this job; by itself `treeload/` and its version."""
    ca_file: File = ""
    """Certificates (PEM) of authorities that are trusted besides those of this machine."""
    client_certificate: File = ""
    """Certificate (PEM) that shows the org who we are, with those that lead from it to its authority. Salesforce asks for it at
    port 8443 of My Domain."""
    client_key: OptionalSecret = None
    """Its private key (PEM, without a password), by reference."""


def key_of(setting: str) -> str:
    """Write the key of a setting: one that is a word of Python has an underscore here, and none in a configuration (`from`)."""
    return setting.removesuffix("_")


class Tables(BaseModel):
    """One configuration file; what holds here holds in every table. Errors of a check don't show what was given."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        validate_default=True,
        hide_input_in_errors=True,
        alias_generator=key_of,
    )

    job: Job
    org: Org
    read: ReadRules = Field(default_factory=ReadRules)
    mapping: MappingRules = Field(default_factory=MappingRules)
    duplicates: DuplicateRules = Field(default_factory=DuplicateRules)
    send: SendRules = Field(default_factory=SendRules)
    effects: EffectRules = Field(default_factory=EffectRules)
    evidence: EvidenceRules = Field(default_factory=EvidenceRules)
    limits: LimitRules = Field(default_factory=LimitRules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A configuration file that has been checked; paths are absolute."""

    path: Path
    job: Job
    org: Org
    read: ReadRules
    mapping: MappingRules
    duplicates: DuplicateRules
    send: SendRules
    effects: EffectRules
    evidence: EvidenceRules
    limits: LimitRules

    @property
    def evidence_rules(self) -> EvidenceRules:
        """How doubts are settled. The embedded org dies with its process, so nothing that was sent to it is still under way."""
        return EvidenceRules(window=0.0) if self.org.url == "embedded" else self.evidence

    def digest(self) -> str:
        """Name what makes it the same job as 64 hex digits: what is loaded where, not how fast or with which login."""
        same: dict[str, object] = {
            "job": {"name": self.job.name, "object": self.job.object},
            "org": {"url": self.org.url, "api_version": self.org.api_version},
            "read": asdict(self.read),
            "mapping": asdict(self.mapping),
        }
        if self.send.route != "tree":
            same |= {"route": self.send.route}  # it says how rows in doubt have to be looked for
        if self.duplicates.columns:
            same |= {"duplicates": asdict(self.duplicates)}
        if self.effects.on_records:
            same |= {"effects": self.effects.on_records}
        return hashlib.sha256(orjson.dumps(same, option=orjson.OPT_SORT_KEYS)).hexdigest()
