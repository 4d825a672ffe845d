-- A request may hold records of several objects, nested in rows, and rows of several files.

-- The objects that records are of, numbered; number 0 is the run's own.
CREATE TABLE object (
    number        INTEGER PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE
);
INSERT INTO object SELECT 0, object FROM run;

-- One row for each chunk and file, nearly always one. A record that a row has beside its own has a place of its own among the
-- lines: the row's line and so many times 2^40. `objects` has a byte for each place, if they aren't all of `object`.
CREATE TABLE new_chunk (
    number        INTEGER NOT NULL,
    file          INTEGER NOT NULL REFERENCES file,
    main          INTEGER NOT NULL DEFAULT 1,     -- 0: these rows hang under those of the chunk's own file
    first_line    INTEGER NOT NULL,
    last_line     INTEGER NOT NULL,
    lines         BLOB NOT NULL,
    object        INTEGER NOT NULL DEFAULT 0 REFERENCES object,
    objects       BLOB NOT NULL DEFAULT x'',
    state         TEXT NOT NULL CHECK (state IN ('planned', 'sending', 'settled', 'in_doubt')),
    attempts      INTEGER NOT NULL,
    sent_at       TEXT,
    settled_at    TEXT,
    reason        TEXT,
    ids           BLOB NOT NULL DEFAULT x'',
    recovered     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (number, file)
);
INSERT INTO new_chunk (number, file, first_line, last_line, lines, state, attempts, sent_at, settled_at, reason, ids, recovered)
SELECT number, file, first_line, last_line, lines, state, attempts, sent_at, settled_at, reason, ids, recovered FROM chunk;
DROP TABLE chunk;
ALTER TABLE new_chunk RENAME TO chunk;
CREATE INDEX chunk_by_line ON chunk (file, first_line);

ALTER TABLE row ADD COLUMN object INTEGER NOT NULL DEFAULT 0;

-- Records that its rows have beside their own.
ALTER TABLE file ADD COLUMN nested INTEGER NOT NULL DEFAULT 0;
