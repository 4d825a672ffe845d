"""Files that were packed: which are, and the step that unpacks them on the way."""

from collections.abc import Mapping

from pipeline.errors import InputError
from pipeline.formats import gzip_members, zstd_frames
from pipeline.formats.growth import Growth
from pipeline.formats.gzip_members import GzipMembers
from pipeline.formats.text import Step
from pipeline.formats.zstd_frames import ZstdFrames

_ENDINGS: Mapping[str, str] = {gzip_members.ENDING: "gzip", zstd_frames.ENDING: "zstd"}
_ENDING_OF: Mapping[str, str] = {packing: ending for ending, packing in _ENDINGS.items()}


def packing_of(name: str, start: bytes) -> str:
    """Tell by a file's first bytes: `gzip`, `zstd`, or nothing; no text begins like them.

    Raises InputError if its name says that it is packed, and they don't.
    """
    packing = "gzip" if gzip_members.begins(start) else "zstd" if zstd_frames.begins(start) else ""
    ending, said = _said(name)
    if start and said and packing != said:
        mend = f"call it {_ENDING_OF[packing]}" if packing else f"take {ending} off if it was unpacked"
        raise InputError(f"{name}: is no {said} file, as its name says; {mend}")
    return packing


def unpacked_name(name: str) -> str:
    """Return the name without the ending of a packed file, as its format goes by the one before."""
    ending, _ = _said(name)
    return name[: len(name) - len(ending)]


def unpacking(packing: str, name: str, max_ratio: int) -> list[Step]:
    """Return the step that unpacks one file; none if it isn't packed. What it gives is bounded as `Growth` says."""
    if packing == "gzip":
        return [GzipMembers(name, Growth(name, max_ratio))]
    return [ZstdFrames(name, Growth(name, max_ratio))] if packing else []


def _said(name: str) -> tuple[str, str]:
    return next((said for said in _ENDINGS.items() if name.lower().endswith(said[0])), ("", ""))
