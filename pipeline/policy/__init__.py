"""What to do about an outcome: decisions as values, made by pure functions."""
