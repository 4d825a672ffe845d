"""What was recorded from real orgs, and replies built from values."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.model.wire import Reply

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], bytes]:
    def read(path: str) -> bytes:
        return (FIXTURES / path).read_bytes()

    return read


@pytest.fixture(scope="session")
def reply() -> Callable[..., Reply]:
    def build(status: int, body: Any, **headers: str) -> Reply:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return Reply(status, names, body if isinstance(body, bytes) else orjson.dumps(body))

    return build
