"""The totals of a run and the equation they must satisfy."""

from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of one file or of a whole run. A CSV row that spans several physical lines is one line here; the header is none."""

    lines_read: int = 0
    blank: int = 0
    unreadable: int = 0
    rows: int = 0
    nested: int = 0
    """Records that rows have beside their own."""
    duplicate_in_file: int = 0
    """Left out, as they repeat the key of an earlier row."""
    rejected_here: int = 0
    eligible: int = 0
    created: int = 0
    recovered: int = 0
    """Of those created: found in the org after their reply was lost."""
    rejected_by_org: int = 0
    in_doubt: int = 0
    not_attempted: int = 0
    distinct_ids: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        """Sum, term by term."""
        return Totals(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(Totals)})

    @property
    def rejected(self) -> int:
        """Lines that have to be corrected."""
        return self.unreadable + self.rejected_here + self.rejected_by_org

    def as_dict(self) -> dict[str, int]:
        """All terms by name."""
        return asdict(self)


def imbalances(totals: Totals) -> list[str]:
    """Check the equation; say each line of it that does not hold, with its numbers. An empty list: it balances."""
    t = totals
    equations = [
        ("lines read = blank + unreadable + rows", t.lines_read, t.blank + t.unreadable + t.rows),
        (
            "rows + nested = duplicate in file + rejected here + eligible",
            t.rows + t.nested,
            t.duplicate_in_file + t.rejected_here + t.eligible,
        ),
        (
            "eligible = created + rejected by the org + in doubt + not attempted",
            t.eligible,
            t.created + t.rejected_by_org + t.in_doubt + t.not_attempted,
        ),
        ("created = distinct ids", t.created, t.distinct_ids),
    ]
    wrong = [f"{text}: {left:,} is not {right:,}" for text, left, right in equations if left != right]
    return wrong + [f"recovered is part of created: {t.recovered:,} is more than {t.created:,}"] * (t.recovered > t.created)
