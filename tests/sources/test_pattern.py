import glob
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.pattern import Entry, matching

NAMES = st.sampled_from(["a", "ab", "b", ".a", "a.csv", "b.csv"])
PARTS = st.sampled_from(["*", "a*", "?", "[ab]", "**", "a", "*.csv", ".*"])


def listed(folder: str) -> list[Entry]:
    path = Path(folder)
    return [Entry(entry.name, entry.is_dir()) for entry in path.iterdir()] if path.is_dir() else []


@given(
    files=st.sets(st.lists(NAMES, min_size=1, max_size=3).map("/".join), max_size=8),
    parts=st.lists(PARTS, min_size=1, max_size=3),
)
def test_globs_mean_what_they_mean_on_this_machines_disks(tmp_path_factory, files, parts):
    root = tmp_path_factory.mktemp("glob")
    for name in files:
        path = root / name
        if not any(above.is_file() for above in path.parents) and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    pattern = f"{root}/" + "/".join(parts)
    here = {path for path in glob.glob(pattern, recursive=True) if Path(path).is_file() and path[-1] != "/"}  # noqa: PTH207 - the measure
    there = matching(pattern, listed)
    assert {path for path in there if Path(path).is_file()} == here
    assert there == sorted(set(there))
