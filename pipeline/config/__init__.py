"""What a job is: one TOML file, checked at once and whole, with every mistake at its line."""

from pipeline.config.kept_secret import KeptSecret
from pipeline.config.loading import load, unwritten
from pipeline.config.mistakes import Misconfigured
from pipeline.config.secret import SecretRef
from pipeline.config.tables import AccessToken, ClientCredentials, Job, JwtBearer, Org, RefreshToken, Settings, SfCli

__all__ = [
    "AccessToken",
    "ClientCredentials",
    "Job",
    "JwtBearer",
    "KeptSecret",
    "Misconfigured",
    "Org",
    "RefreshToken",
    "SecretRef",
    "Settings",
    "SfCli",
    "load",
    "unwritten",
]
