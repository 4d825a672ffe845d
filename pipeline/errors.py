"""What stops a run, named by what one does about it.

Each error ends as one line on the terminal (what, where, what to do) and one exit code that a scheduler can branch on.

    TreeloadError                     1   a fault of ours
    ├── UsageError                    2   mend the command line or the configuration; nothing was sent
    ├── BeyondLimit                   4   raise the job's own limit, or give it less; nothing was sent
    ├── OrgUnavailable                5   run the same command again later; it goes on where it stopped
    ├── AccessRefused                 7   mend the login or the user's permissions
    ├── InputError                    8   mend or deliver the file
    │   └── InputUnavailable          5   run the same command again later; it goes on where it stopped
    ├── JournalError                  1   mend the disk or folder; nothing recorded is lost
    └── LockHeld                     75   another run of this job is working; leave it alone
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command: the outer contract."""

    DONE = 0
    INTERNAL = 1
    USAGE = 2
    REJECTS = 3
    STOPPED_BY_LIMIT = 4
    RESUMABLE = 5
    IN_DOUBT = 6
    ACCESS = 7
    INPUT = 8
    UNBALANCED = 9
    LOCKED = 75


class TreeloadError(Exception):
    """A sentence for a person: what, where, what to do. Never holds a secret."""

    exit_code = ExitCode.INTERNAL


class UsageError(TreeloadError):
    """The command line or the configuration is wrong. Nothing was sent."""

    exit_code = ExitCode.USAGE


class BeyondLimit(TreeloadError):
    """There is more to do than the job allows. Nothing was sent."""

    exit_code = ExitCode.STOPPED_BY_LIMIT


class OrgUnavailable(TreeloadError):
    """The org can't be reached, or its allowance is gone. What was done is recorded."""

    exit_code = ExitCode.RESUMABLE


class AccessRefused(TreeloadError):
    """The org doesn't let this user in, or doesn't let it do this."""

    exit_code = ExitCode.ACCESS


class InputError(TreeloadError):
    """A file is missing, isn't a file, or can't be read as what it should be."""

    exit_code = ExitCode.INPUT


class InputUnavailable(InputError):
    """The place of a file can't be reached, which says nothing about the file."""

    exit_code = ExitCode.RESUMABLE


class JournalError(TreeloadError):
    """The journal can't be opened or written."""


class LockHeld(TreeloadError):
    """Another run of the same job holds the lock."""

    exit_code = ExitCode.LOCKED
