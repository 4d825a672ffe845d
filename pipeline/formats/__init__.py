"""From bytes to rows: CSV, JSON Lines, JSON arrays and tree files. Pure: bytes come in, blocks of rows come out."""
