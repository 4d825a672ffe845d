-- A family that is larger than a request goes in parts, each of which begins with a record that is not its row's own.

-- The places of the records that begin a part; empty: they are the rows' own, and what hangs under them goes with them.
ALTER TABLE chunk ADD COLUMN heads BLOB NOT NULL DEFAULT x'';
