"""The words of the house: row, record, chunk, outcome, lifecycle, summary. Values only."""
