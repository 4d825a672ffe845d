"""From a row to a record: columns renamed, constants added, text turned into the types of the describe. Pure."""
