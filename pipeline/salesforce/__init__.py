"""What Salesforce means: one file an endpoint, both directions side by side (`build`, `decipher`). Pure."""
