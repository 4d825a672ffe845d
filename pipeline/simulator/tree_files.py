"""The records of tree files and plans of the Salesforce CLI, for the org to learn from.

https://developer.salesforce.com/docs/atlas.en-us.sfdx_dev.meta/sfdx_dev/sfdx_dev_test_data_example.htm
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson


class Sample(NamedTuple):
    """A record of a file. `parent` is the object that it hangs under, by the relationship `relation`."""

    object: str
    members: Mapping[str, Any]
    parent: str = ""
    relation: str = ""


def samples(file: Path) -> Iterator[Sample]:
    """Read the records of a tree file, or of all files of a plan, parents before their children.

    Raises ValueError for a file that is neither, OSError for one that can't be read.
    """
    content = _json(file)
    if isinstance(content, list) and content and all(isinstance(step, dict) and "files" in step for step in content):
        for step in content:
            for name in step["files"] if isinstance(step["files"], list) else ():
                yield from _tree(file.parent / str(name), str(step.get("sobject") or ""))
    else:
        yield from _tree(file, "", content)


def _tree(file: Path, object_name: str, content: Any = None) -> Iterator[Sample]:
    document = _json(file) if content is None else content
    if not isinstance(document, dict) or not isinstance(document.get("records"), list):
        raise _unfit(file, 'it is neither a tree file, {"records": [...]}, nor a plan')
    yield from _walk(file, document["records"], object_name, "", "")


def _walk(file: Path, records: list[Any], object_name: str, parent: str, relation: str) -> Iterator[Sample]:
    place = f" of {relation}" if relation else ""
    for number, members in enumerate(records, 1):
        if not isinstance(members, dict):
            raise _unfit(file, f"record {number}{place} is no object")
        attributes = members.get("attributes")
        name = (attributes.get("type") if isinstance(attributes, dict) else None) or object_name
        if not isinstance(name, str) or not name.isidentifier():
            raise _unfit(file, f"record {number}{place} doesn't say its object; add attributes.type")
        yield Sample(name, members, parent, relation)
        for key, value in members.items():
            if isinstance(value, dict) and isinstance(value.get("records"), list):
                yield from _walk(file, value["records"], "", name, key)


def _json(file: Path) -> Any:
    try:
        return orjson.loads(file.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise _unfit(file, f"it isn't JSON: {error}") from error


def _unfit(file: Path, why: str) -> ValueError:
    return ValueError(f"nothing can be learned from {file}: {why}")
