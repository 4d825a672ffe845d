"""Structured logs: JSON lines on stderr. Field values and tokens are never handed to a logger."""

import sys

import orjson

# structlog imports rich for its console renderer, which is not used here; without it a start is a sixth shorter
sys.modules["rich"] = None  # type: ignore[assignment] # None says that it is not to be had
import structlog  # noqa: E402 - only now

del sys.modules["rich"]


def configure(*, quiet: bool) -> None:
    """Write one JSON line per event to stderr; with `quiet` (a terminal shows the progress bar) only errors."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_encode),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("error" if quiet else "info"),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """Return a logger bound to the run's context."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger


def _encode(event: object, **_: object) -> str:
    return orjson.dumps(event, default=str).decode()
