"""From bytes to rows: CSV and JSON Lines. Pure: bytes come in, blocks of rows come out."""
