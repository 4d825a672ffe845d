"""A configuration file in a folder of its own."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from pipeline.config import Misconfigured, Settings, load

Load = Callable[..., Settings]
Findings = Callable[..., list[str]]


@pytest.fixture
def job_file(tmp_path: Path) -> Path:
    return tmp_path / "job.toml"


@pytest.fixture
def loaded(job_file: Path) -> Load:
    """Load a text as `job.toml`."""

    def load_text(text: str, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> Settings:
        job_file.write_text(text, encoding="utf-8")
        return load(job_file, overrides=overrides, environ=environ or {})

    return load_text


@pytest.fixture
def findings(loaded: Load, job_file: Path) -> Findings:
    """List what is wrong with a text, without the path of the file: `7: send.concurrency: ...`."""

    def find(text: str, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(Misconfigured) as wrong:
            loaded(text, overrides, environ)
        assert str(wrong.value) == "\n".join(wrong.value.findings)
        return [finding.removeprefix(f"{job_file}:") for finding in wrong.value.findings]

    return find
