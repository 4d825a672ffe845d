"""treeload: load CSV and JSON Lines into Salesforce, with a report that balances to the row."""

__version__ = "0.1.0"
