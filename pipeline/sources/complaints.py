"""What the back ends' errors mean. They are known by name: the back ends need not be there to be imported.

https://docs.python.org/3/library/exceptions.html#os-exceptions
https://asyncssh.readthedocs.io/en/stable/api.html#exceptions
https://docs.aws.amazon.com/boto3/latest/guide/error-handling.html
"""

import errno
from collections.abc import Mapping

from pipeline.errors import InputError, InputUnavailable
from pipeline.sources.address import Address

_REFUSED = {"PermissionError", "SFTPPermissionDenied"}
_PASSING = {
    *("ConnectionError", "TimeoutError", "gaierror", "HTTPClientError"),  # Python's and botocore's
    *("DisconnectError", "SFTPNoConnection", "SFTPConnectionLost"),  # asyncssh's
}
_PASSING_NUMBERS = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EBUSY, getattr(errno, "EREMOTEIO", errno.EIO)}
_MEND: Mapping[str, str] = {
    "HostKeyNotVerifiable": "connect once with ssh, or put the host's key into ~/.ssh/known_hosts",
    "NoCredentialsError": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "ProfileNotFound": "set AWS_PROFILE to one that is in ~/.aws/config",
}


def complaint(address: Address, error: Exception) -> InputError:
    """Say in one line why a file can't be read; whether that may pass by itself is in the kind of the error."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    said = _said(error)
    if kinds & _REFUSED:
        return InputError(f"{address}: may not be read by whom the keys here stand for ({said})")
    if mend := _MEND.get(type(error).__name__):
        return InputError(f"{address}: can't be read: {said}; {mend}")
    if kinds & _PASSING or getattr(error, "errno", None) in _PASSING_NUMBERS:
        return InputUnavailable(f"{address}: can't be reached: {said}")
    return InputError(f"{address}: can't be read: {said}")


def _said(error: Exception) -> str:
    """Return the first line of what an error says; its name if it says nothing."""
    text = str(getattr(error, "strerror", None) or error).strip()
    return text.splitlines()[0] if text else type(error).__name__
