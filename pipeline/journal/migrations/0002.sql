-- Rows with a story of their own are no longer among the lines of their chunk; doubts can be settled by evidence.

-- `lines` of a chunk: only the rows that share its fate, as many as it has ids once it is created.
UPDATE chunk
SET lines = lines_without(lines, (SELECT json_group_array(line) FROM row WHERE row.chunk = chunk.number))
WHERE number IN (SELECT chunk FROM row);

-- 1: its records were found in the org, after their reply was lost.
ALTER TABLE chunk ADD COLUMN recovered INTEGER NOT NULL DEFAULT 0;

-- Where the settings of a session came from, so that rows in doubt can be asked for later.
ALTER TABLE session ADD COLUMN config_path TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN overrides TEXT NOT NULL DEFAULT '[]';

-- Only rows with a story of their own. A row may be in doubt by itself, and may be recovered with an id; its chunk may be gone.
CREATE TABLE new_row (
    file          INTEGER NOT NULL REFERENCES file,
    line          INTEGER NOT NULL,
    offset        INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('unreadable', 'rejected_here', 'rejected_by_org', 'in_doubt', 'recovered')),
    errors        TEXT NOT NULL,          -- JSON array of [code, message, [fields]]
    source        BLOB NOT NULL,          -- the row as it stands in its file, without the line end
    chunk         INTEGER,
    attempts      INTEGER NOT NULL DEFAULT 0,
    settled_at    TEXT NOT NULL,
    id            TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (file, line)
) WITHOUT ROWID;
INSERT INTO new_row SELECT *, '' FROM row;
DROP TABLE row;
ALTER TABLE new_row RENAME TO row;

-- What was asked about rows in doubt, and what came of it; or what a person said.
CREATE TABLE inquiry (
    number        INTEGER PRIMARY KEY,
    chunk         INTEGER NOT NULL,
    file          INTEGER NOT NULL REFERENCES file,
    lines         BLOB NOT NULL,          -- the rows, as in `chunk`
    sent_at       TEXT NOT NULL,
    way           TEXT NOT NULL CHECK (way IN ('marker', 'key', 'values', 'word')),
    question      TEXT NOT NULL,
    asked_at      TEXT NOT NULL,
    finding       TEXT NOT NULL CHECK (finding IN ('created', 'not created', 'rejected', 'unclear')),
    reason        TEXT NOT NULL,
    who           TEXT NOT NULL
);
