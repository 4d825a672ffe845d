"""What survives a crash: SQLite in one thread, intent before the bytes leave, outcome before anything is built on it."""
