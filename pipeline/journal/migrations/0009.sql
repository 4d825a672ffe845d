-- Records may go in jobs, on which the org works in its own time.

-- Id of the job that a chunk was given to; empty: none is known, so nothing was uploaded.
ALTER TABLE chunk ADD COLUMN job TEXT NOT NULL DEFAULT '';

-- A job may be asked what it did.
CREATE TABLE inquiry_by_job (
    number        INTEGER PRIMARY KEY,
    chunk         INTEGER NOT NULL,
    file          INTEGER NOT NULL REFERENCES file,
    lines         BLOB NOT NULL,          -- the rows, as in `chunk`
    sent_at       TEXT NOT NULL,
    way           TEXT NOT NULL CHECK (way IN ('marker', 'key', 'values', 'job', 'word')),
    question      TEXT NOT NULL,
    asked_at      TEXT NOT NULL,
    finding       TEXT NOT NULL CHECK (finding IN ('created', 'not created', 'rejected', 'unclear')),
    reason        TEXT NOT NULL,
    who           TEXT NOT NULL
);
INSERT INTO inquiry_by_job (number, chunk, file, lines, sent_at, way, question, asked_at, finding, reason, who)
SELECT number, chunk, file, lines, sent_at, way, question, asked_at, finding, reason, who FROM inquiry;
DROP TABLE inquiry;
ALTER TABLE inquiry_by_job RENAME TO inquiry;
