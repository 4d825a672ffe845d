"""Secrets by reference: a configuration says where a secret is, and it is read when it is needed, never kept.

env:NAME          an environment variable
file:PATH         a file that only its owner can read
credential:NAME   a file in $CREDENTIALS_DIRECTORY: https://systemd.io/CREDENTIALS/
"""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pipeline.errors import UsageError

Source = Literal["env", "file", "credential"]
SOURCES: tuple[str, ...] = get_args(Source)
NAMES: Mapping[Source, str] = {
    "env": r"[A-Za-z_][A-Za-z0-9_]*",
    "file": r"[^\x00-\x1f]+",
    "credential": r"(?!\.+$)[A-Za-z0-9_.-]+",
}
WANTED = (
    'a secret is given by reference only: write "env:NAME" (an environment variable), '
    '"file:PATH" (a file that only its owner can read) or "credential:NAME" (systemd)'
)
OTHERS = 0o077
"""What group and others may do with a file, as bits of its mode."""
EVERYBODY = 0o007
"""What everybody may do with it."""


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret is. As text it is the reference."""

    source: Source
    name: str

    @classmethod
    def parse(cls, text: str, folder: Path) -> "SecretRef":
        """Read a reference; the path of a file counts from `folder`.

        :raises ValueError: if the text is no reference: perhaps it is the secret, so it isn't repeated.
        """
        for source, pattern in NAMES.items():
            if text.startswith(f"{source}:"):
                name = text.removeprefix(f"{source}:")
                if re.fullmatch(pattern, name) is None:
                    raise ValueError(f"what follows {source}: can't be the name of one; {WANTED}")
                return cls(source, str(folder / name) if source == "file" else name)
        raise ValueError(WANTED)

    def __str__(self) -> str:
        return f"{self.source}:{self.name}"

    def resolve(self, environ: Mapping[str, str] = os.environ) -> str:
        """Read the secret, without the line ends after it.

        :raises UsageError: if it isn't there, is empty, or others can read it.
        """
        match self.source:
            case "env":
                secret = self._variable(environ)
            case "file":
                secret = self._content(Path(self.name), private=True)
            case "credential":
                secret = self._content(self._credentials(environ) / self.name, private=False)
        secret = secret.rstrip("\r\n")
        if not secret:
            raise UsageError(f"{self} is empty: put the secret there")
        return secret

    def _variable(self, environ: Mapping[str, str]) -> str:
        if self.name not in environ:
            raise UsageError(f"{self}: the environment variable {self.name} is not set: set it for this command")
        secret = environ[self.name]
        if not secret.isascii():
            try:
                secret.encode()
            except UnicodeEncodeError:  # bytes that are no text come as surrogates
                raise UsageError(f"{self}: it is not UTF-8 text: write the secret as text") from None
        return secret

    def _credentials(self, environ: Mapping[str, str]) -> Path:
        if "CREDENTIALS_DIRECTORY" not in environ:
            raise UsageError(f"{self}: CREDENTIALS_DIRECTORY is not set: start by systemd, with LoadCredential={self.name}:PATH")
        return Path(environ["CREDENTIALS_DIRECTORY"])

    def _content(self, path: Path, *, private: bool) -> str:
        """Read a file. Credentials aren't `private`: systemd guards their folder, and its access lists show as group bits."""
        try:
            # a pipe that nobody writes to would keep us waiting
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                if not stat.S_ISREG(mode):
                    raise UsageError(f"{self}: it is no file, but a pipe or device: put the secret into a file")
                if private and mode & OTHERS:
                    raise UsageError(f"{self}: others than its owner can read it: chmod 600 {path}")
                if mode & EVERYBODY and path.parent.stat().st_mode & EVERYBODY:
                    raise UsageError(f"{self}: everybody can read it: chmod 400 {path}, or chmod 700 {path.parent}")
                return file.read().decode()
        except OSError as error:
            raise UsageError(f"{self}: {error.strerror}: put the secret there, readable for this user") from None
        except UnicodeDecodeError:
            raise UsageError(f"{self}: it is not UTF-8 text: write the secret as text") from None
