"""In which usual forms a column's texts can be read as dates: for a first draft, where a person chooses among them."""

from collections.abc import Sequence

from pipeline.mapping.dates import date_reader

CENTURY = 1930
"""First of the hundred years that a year of two digits is read in, to see whether the form fits."""
_DAYS = (
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y-%m-%d"),
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d. %B %Y"),
)
_HOURS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S")
FORMS = tuple(day + hours for hours in _HOURS for day in _DAYS)


def forms_of(texts: Sequence[str]) -> list[str]:
    """Return the forms in which every one of these texts is a date; none if there are no texts."""
    return [form for form in FORMS if texts and _all_read(form, texts)]


def _all_read(form: str, texts: Sequence[str]) -> bool:
    read = date_reader(form, century=CENTURY)
    try:
        for text in texts:
            read(text)
    except ValueError:
        return False
    return True
