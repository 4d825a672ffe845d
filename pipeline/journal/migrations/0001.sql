-- The journal of one run: one file, one writer.

-- The run itself. One row. `key` says what is loaded where: the same key again is the same run.
CREATE TABLE run (
    id            TEXT PRIMARY KEY,
    key           TEXT NOT NULL,
    job           TEXT NOT NULL,
    object        TEXT NOT NULL,
    org           TEXT NOT NULL,
    api_version   TEXT NOT NULL,
    reports       TEXT NOT NULL,
    started_at    TEXT NOT NULL,
    ended_at      TEXT,
    exit_code     INTEGER,
    reason        TEXT
);

-- One row for each time that the command was started on this run.
CREATE TABLE session (
    number        INTEGER PRIMARY KEY,
    started_at    TEXT NOT NULL,
    version       TEXT NOT NULL,
    config        TEXT NOT NULL,          -- digest of the settings it ran with
    used_before   INTEGER,                -- calls of the org's day that were used, as the org said at the start
    used_after    INTEGER,
    allowance     INTEGER
);

-- The input files, in order, with what the reader counted.
CREATE TABLE file (
    number        INTEGER PRIMARY KEY,
    path          TEXT NOT NULL,
    format        TEXT NOT NULL,
    size          INTEGER NOT NULL,
    sha256        TEXT NOT NULL,
    delimiter     TEXT NOT NULL,
    quote         TEXT NOT NULL,
    columns       TEXT NOT NULL,          -- JSON array
    lines_read    INTEGER NOT NULL DEFAULT 0,
    blank         INTEGER NOT NULL DEFAULT 0,
    rows          INTEGER NOT NULL DEFAULT 0,
    complete      INTEGER NOT NULL DEFAULT 0
);

-- One row a chunk. `lines` are the rows it was planned with, as 64-bit little-endian integers; `ids` the record ids,
-- 18 bytes each, of those of them that have no row in the table `row`, in the same order.
CREATE TABLE chunk (
    number        INTEGER PRIMARY KEY,
    file          INTEGER NOT NULL REFERENCES file,
    first_line    INTEGER NOT NULL,
    last_line     INTEGER NOT NULL,
    lines         BLOB NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('planned', 'sending', 'settled', 'in_doubt')),
    attempts      INTEGER NOT NULL,
    sent_at       TEXT,
    settled_at    TEXT,
    reason        TEXT,
    ids           BLOB NOT NULL DEFAULT x''
);
CREATE INDEX chunk_by_line ON chunk (file, first_line);

-- Only rows with a story of their own: unreadable, rejected here, rejected by the org.
CREATE TABLE row (
    file          INTEGER NOT NULL REFERENCES file,
    line          INTEGER NOT NULL,
    offset        INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('unreadable', 'rejected_here', 'rejected_by_org')),
    errors        TEXT NOT NULL,          -- JSON array of [code, message, [fields]]
    source        BLOB NOT NULL,          -- the row as it stands in its file, without the line end
    chunk         INTEGER REFERENCES chunk,
    attempts      INTEGER NOT NULL DEFAULT 0,
    settled_at    TEXT NOT NULL,
    PRIMARY KEY (file, line)
) WITHOUT ROWID;

-- Calls of the org's API by purpose, over all sessions.
CREATE TABLE call (
    purpose       TEXT PRIMARY KEY,
    count         INTEGER NOT NULL
) WITHOUT ROWID;
