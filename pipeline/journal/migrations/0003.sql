-- A row that repeats the key of an earlier one has a state of its own.
CREATE TABLE new_row (
    file          INTEGER NOT NULL REFERENCES file,
    line          INTEGER NOT NULL,
    offset        INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (
        state IN ('duplicate_in_file', 'unreadable', 'rejected_here', 'rejected_by_org', 'in_doubt', 'recovered')
    ),
    errors        TEXT NOT NULL,          -- JSON array of [code, message, [fields]]
    source        BLOB NOT NULL,          -- the row as it stands in its file, without the line end
    chunk         INTEGER,
    attempts      INTEGER NOT NULL DEFAULT 0,
    settled_at    TEXT NOT NULL,
    id            TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (file, line)
) WITHOUT ROWID;
INSERT INTO new_row SELECT file, line, offset, state, errors, source, chunk, attempts, settled_at, id FROM row;
DROP TABLE row;
ALTER TABLE new_row RENAME TO row;
