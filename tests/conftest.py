"""For all tests: hypothesis tries, but doesn't time, for the machine that runs it may be busy. And no command leaves a secret."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.leaks import leaks_below

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def no_secret_stays_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Look, when all tests are done, through every journal and report that their commands have written."""
    yield
    assert dict(leaks_below(tmp_path_factory.getbasetemp())) == {}
