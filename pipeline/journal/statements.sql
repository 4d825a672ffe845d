-- name: add_run
-- The run begins.
INSERT INTO run (id, key, job, object, org, api_version, reports, started_at)
VALUES (:id, :key, :job, :object, :org, :api_version, :reports, :started_at);

-- name: add_file
-- An input file, as it was found.
INSERT INTO file (number, path, format, size, sha256, delimiter, quote, columns)
VALUES (:number, :path, :format, :size, :sha256, :delimiter, :quote, :columns);

-- name: add_session
-- The command was started on this run.
INSERT INTO session (started_at, version, config, used_before, allowance)
VALUES (:started_at, :version, :config, :used_before, :allowance);

-- name: reopen_run
-- An ended run goes on.
UPDATE run SET ended_at = NULL, exit_code = NULL, reason = NULL;

-- name: doubt_the_sending
-- What was on its way when the process died: it may have been executed.
UPDATE chunk SET state = 'in_doubt', settled_at = :at, reason = 'the run was killed while this request was on its way'
WHERE state = 'sending';

-- name: forget_the_planned
-- What certainly was not done is read from its file again.
DELETE FROM chunk WHERE state = 'planned' AND NOT EXISTS (SELECT 1 FROM row WHERE row.chunk = chunk.number);

-- name: empty_the_planned
-- The same for chunks that rejected rows refer to: they keep their number, and those rows only.
UPDATE chunk SET state = 'settled', settled_at = :at, lines = :lines, first_line = :first_line, last_line = :last_line
WHERE number = :number;

-- name: planned_chunks
-- Chunks that certainly were not done, and the rows that the org had rejected from them.
SELECT number, (SELECT json_group_array(line) FROM (SELECT line FROM row WHERE row.chunk = chunk.number ORDER BY line))
FROM chunk WHERE state = 'planned';

-- name: known_lines
-- Which rows of a file have a place in the journal already.
SELECT lines FROM chunk WHERE file = :file;

-- name: known_rows
-- Which rows of a file have a story of their own.
SELECT line FROM row WHERE file = :file;

-- name: next_chunk
-- The first free chunk number.
SELECT coalesce(max(number), 0) + 1 FROM chunk;

-- name: file_read
-- What the reader counted; of a file that is read again from its start the counts replace the old ones.
UPDATE file SET lines_read = :lines_read, blank = :blank, rows = :rows, complete = :complete WHERE number = :number;

-- name: add_row
-- A row that ends here.
INSERT INTO row (file, line, offset, state, errors, source, chunk, attempts, settled_at)
VALUES (:file, :line, :offset, :state, :errors, :source, :chunk, :attempts, :settled_at)
ON CONFLICT (file, line) DO NOTHING;

-- name: add_chunk
-- A chunk gets its place: with its first intent, or because it will not be sent.
INSERT INTO chunk (number, file, first_line, last_line, lines, state, attempts, sent_at)
VALUES (:number, :file, :first_line, :last_line, :lines, :state, :attempts, :sent_at);

-- name: move_chunk
-- A move of the lifecycle; it happens only from a state that the table of moves allows.
UPDATE chunk
SET state = :state, attempts = :attempts, sent_at = coalesce(:sent_at, sent_at), settled_at = :settled_at, reason = :reason, ids = :ids
WHERE number = :number AND state IN (SELECT value FROM json_each(:allowed));

-- name: add_calls
-- Calls made, by purpose.
INSERT INTO call (purpose, count) VALUES (:purpose, :count)
ON CONFLICT (purpose) DO UPDATE SET count = count + excluded.count;

-- name: end_session
-- What the org says of its day at the end.
UPDATE session SET used_after = :used_after, allowance = coalesce(:allowance, allowance)
WHERE number = (SELECT max(number) FROM session);

-- name: end_run
-- How the run ended.
UPDATE run SET ended_at = :ended_at, exit_code = :exit_code, reason = :reason;

-- name: tables
-- How many tables there are: none in a file that was only just made.
SELECT count(*) FROM sqlite_master WHERE type = 'table';

-- name: the_run
SELECT id, key, job, object, org, api_version, reports, started_at, ended_at, exit_code, reason FROM run;

-- name: the_sessions
SELECT number, started_at, version, config, used_before, used_after, allowance FROM session ORDER BY number;

-- name: the_files
SELECT number, path, format, size, sha256, delimiter, quote, columns, lines_read, blank, rows, complete FROM file ORDER BY number;

-- name: the_calls
SELECT purpose, count FROM call ORDER BY purpose;

-- name: chunk_totals
-- Of each file: rows in chunks, ids, and rows in chunks that are in doubt or were not attempted.
SELECT file, sum(length(lines) / 8), sum(length(ids) / 18),
       sum(iif(state IN ('in_doubt', 'sending'), length(lines) / 8 - rejected, 0)),
       sum(iif(state = 'planned', length(lines) / 8 - rejected, 0)), count(*)
FROM (SELECT *, (SELECT count(*) FROM row WHERE row.chunk = chunk.number) AS rejected FROM chunk)
GROUP BY file;

-- name: row_totals
-- Of each file: rows with a story of their own, by state.
SELECT file, state, count(*) FROM row GROUP BY file, state;

-- name: the_chunks
-- All chunks of a file in the order of its lines.
SELECT number, first_line, last_line, lines, state, attempts, coalesce(settled_at, ''), coalesce(reason, ''), ids
FROM chunk WHERE file = :file ORDER BY first_line;

-- name: the_rows
-- All rows of a file with a story of their own, in the order of its lines.
SELECT line, state, errors, chunk, attempts, settled_at FROM row WHERE file = :file ORDER BY line;

-- name: the_sources
-- The same, with their sources.
SELECT line, state, errors, source FROM row WHERE file = :file ORDER BY line;

-- name: the_ids
-- Ids of all chunks of a file.
SELECT ids FROM chunk WHERE file = :file AND ids <> x'';

-- name: doubts
-- Chunks in doubt, with their place.
SELECT file, first_line, last_line, length(lines) / 8 - (SELECT count(*) FROM row WHERE row.chunk = chunk.number),
       number, sent_at, reason
FROM chunk WHERE state IN ('in_doubt', 'sending') ORDER BY number;

-- name: error_groups
-- Errors by code and message's field, with the number of rows.
SELECT state, json_extract(error.value, '$[0]'), json_extract(error.value, '$[2]'), json_extract(error.value, '$[1]'), count(*), min(row.line)
FROM row, json_each(row.errors) AS error
GROUP BY 1, 2, 3 ORDER BY 5 DESC, 1, 2, 3;
