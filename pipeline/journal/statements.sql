-- name: add_run
-- The run begins.
INSERT INTO run (id, key, job, object, org, api_version, reports, started_at)
VALUES (:id, :key, :job, :object, :org, :api_version, :reports, :started_at);

-- name: add_object
-- An object that records are of, under the next number; one that is there keeps its own.
INSERT OR IGNORE INTO object (number, name) SELECT coalesce(max(number), -1) + 1, :name FROM object;

-- name: object_number
SELECT number FROM object WHERE name = :name;

-- name: the_objects
SELECT number, name FROM object ORDER BY number;

-- name: nested_counted
-- How many records the rows of a file have beside their own.
UPDATE file SET nested = :nested WHERE number = :number;

-- name: add_file
-- An input file, as it was found.
INSERT INTO file (number, path, format, size, sha256, delimiter, quote, columns, object, joined)
VALUES (:number, :path, :format, :size, :sha256, :delimiter, :quote, :columns, :object, :joined);

-- name: add_session
-- The command was started on this run.
INSERT INTO session (started_at, version, config, config_path, overrides, effects, used_before, allowance)
VALUES (:started_at, :version, :config, :config_path, :overrides, :effects, :used_before, :allowance);

-- name: reopen_run
-- An ended run goes on.
UPDATE run SET ended_at = NULL, exit_code = NULL, reason = NULL;

-- name: doubt_the_sending
-- What was on its way when the process died: it may have been executed.
UPDATE chunk SET state = 'in_doubt', settled_at = :at, reason = 'the run was killed while this request was on its way'
WHERE state = 'sending';

-- name: forget_the_planned
-- What certainly was not done is read from its file again.
DELETE FROM chunk WHERE state = 'planned';

-- name: known_lines
-- Which rows of a file have a place in the journal already, and whether what hangs under them went apart. Those that were planned
-- only are read again.
SELECT lines, heads <> x'' FROM chunk WHERE file = :file AND state <> 'planned';

-- name: known_rows
-- Which rows of a file have a story of their own.
SELECT line FROM row WHERE file = :file;

-- name: created_places
-- Which records of a file exist, and their ids.
SELECT lines, ids FROM chunk WHERE file = :file AND ids <> x'';

-- name: ended_places
-- How records of a file ended by themselves; those that are in doubt have not.
SELECT line, state, id FROM row WHERE file = :file AND state <> 'in_doubt';

-- name: next_chunk
-- The first chunk number that no chunk, no row's story and no inquiry has.
SELECT coalesce(max(number), 0) + 1
FROM (SELECT number FROM chunk UNION ALL SELECT chunk FROM row UNION ALL SELECT chunk FROM inquiry);

-- name: file_read
-- What the reader counted; of a file that is read again from its start the counts replace the old ones.
UPDATE file SET lines_read = :lines_read, blank = :blank, rows = :rows, complete = :complete WHERE number = :number;

-- name: add_row
-- A row that ends by itself.
INSERT INTO row (file, line, offset, state, errors, source, chunk, attempts, settled_at, id, object, family_file, family_line)
VALUES (:file, :line, :offset, :state, :errors, :source, :chunk, :attempts, :settled_at, :id, :object, :family_file, :family_line)
ON CONFLICT (file, line) DO NOTHING;

-- name: add_chunk
-- A chunk gets its place: with its first intent, or because it will not be sent.
INSERT INTO chunk (number, file, main, first_line, last_line, lines, heads, object, objects, state, attempts, sent_at)
VALUES (:number, :file, :main, :first_line, :last_line, :lines, :heads, :object, :objects, :state, :attempts, :sent_at);

-- name: keep_lines
-- The rows of a file that are left in a chunk.
UPDATE chunk SET lines = :lines, heads = :heads, objects = :objects, first_line = :first_line, last_line = :last_line
WHERE number = :number AND file = :file;

-- name: empty_parts
-- No rows are left in a chunk, but for those that are said next.
UPDATE chunk SET lines = x'', heads = x'', objects = x'' WHERE number = :number;

-- name: part_ids
-- The record ids of the rows that a chunk has of one file.
UPDATE chunk SET ids = :ids WHERE number = :number AND file = :file;

-- name: part_off
-- Rows of a chunk become a planned one of their own.
INSERT INTO chunk (number, file, main, first_line, last_line, lines, object, objects, state, attempts, sent_at)
SELECT (SELECT max(number) FROM chunk) + 1, file, main, :first_line, :last_line, :lines, object, objects, 'planned', attempts, sent_at
FROM chunk WHERE number = :number AND file = :file;

-- name: part_lines
-- Which records of which files a chunk has.
SELECT file, lines FROM chunk WHERE number = :number;

-- name: sent_with
-- A chunk was sent together with another one, in the same job if there was one.
UPDATE chunk SET (sent_at, job) = (SELECT sent_at, job FROM chunk WHERE number = :other) WHERE number = :number;

-- name: job_made
-- The job that a chunk is given to; none yet, when it goes again.
UPDATE chunk SET job = :job WHERE number = :number;

-- name: drop_chunk
-- Its rows are back in the chunk that they were taken from.
DELETE FROM chunk WHERE number = :number AND state = 'planned';

-- name: move_chunk
-- A move of the lifecycle; it happens only from a state that the table of moves allows.
UPDATE chunk
SET state = :state, attempts = coalesce(:attempts, attempts), sent_at = coalesce(:sent_at, sent_at), settled_at = :settled_at,
    reason = :reason, ids = :ids, recovered = :recovered
WHERE number = :number AND state IN (SELECT value FROM json_each(:allowed));

-- name: pending_chunks
-- Chunks in doubt, by file: their own first.
SELECT chunk.number, file, lines, heads, sent_at, coalesce(reason, ''), object.name, job
FROM chunk JOIN object ON object.number = object
WHERE state = 'in_doubt' ORDER BY chunk.number, main DESC, file;

-- name: pending_rows
-- Rows that are in doubt by themselves, and after them what hangs under them, with the file and line of their family.
SELECT chunk, iif(family_file, family_file, file), iif(family_file, family_line, line & (1 << 40) - 1), file, line, settled_at,
       json_extract(errors, '$[0][1]'), object.name
FROM row JOIN object ON object.number = object
WHERE state = 'in_doubt' ORDER BY chunk, 2, family_file, file, line;

-- name: end_pending_row
-- Evidence, or a person, settles a row that was in doubt by itself.
UPDATE row SET state = :state, id = :id, settled_at = :settled_at WHERE file = :file AND line = :line AND state = 'in_doubt';

-- name: forget_pending_row
-- A row that was in doubt by itself was not created: it is read from its file again.
DELETE FROM row WHERE file = :file AND line = :line AND state = 'in_doubt';

-- name: add_inquiry
-- What was asked about rows in doubt, and what came of it.
INSERT INTO inquiry (chunk, file, lines, sent_at, way, question, asked_at, finding, reason, who)
VALUES (:chunk, :file, :lines, :sent_at, :way, :question, :asked_at, :finding, :reason, :who);

-- name: doubted_lines
-- Rows of a file that were in doubt, and that evidence found not to be created.
SELECT lines, sent_at FROM inquiry WHERE file = :file AND finding = 'not created' ORDER BY number;

-- name: last_created
-- The newest chunk with records of an object that are known to exist, and when it was sent: its ids, and the object of each by a
-- byte, where they aren't all of one.
SELECT ids, objects, sent_at FROM chunk WHERE state = 'settled' AND ids <> x'' AND recovered = 0
AND iif(objects = x'', object = :number, instr(objects, :byte) > 0)
ORDER BY sent_at DESC LIMIT 1;

-- name: all_ids
-- Ids of all chunks, and of rows that were recovered by themselves.
SELECT ids FROM chunk WHERE ids <> x'' UNION ALL SELECT CAST(id AS BLOB) FROM row WHERE id <> '';

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
SELECT number, started_at, version, config, used_before, used_after, allowance, config_path, overrides, effects
FROM session ORDER BY number;

-- name: the_files
SELECT number, path, format, size, sha256, delimiter, quote, columns, object, joined, lines_read, blank, rows, nested, complete
FROM file ORDER BY number;

-- name: the_calls
SELECT purpose, count FROM call ORDER BY purpose;

-- name: chunk_totals
-- Of each file: rows in chunks, ids, ids of chunks that were recovered, and rows in chunks that are in doubt or were not attempted.
SELECT file, sum(length(lines) / 8), sum(length(ids) / 18), sum(recovered * length(ids) / 18),
       sum(iif(state IN ('in_doubt', 'sending'), length(lines) / 8, 0)), sum(iif(state = 'planned', length(lines) / 8, 0))
FROM chunk GROUP BY file;

-- name: row_totals
-- Of each file: rows with a story of their own, by state, and how many of them were sent.
SELECT file, state, count(*), count(chunk) FROM row GROUP BY file, state;

-- name: the_chunks
-- All chunks of a file that still have rows, in the order of its lines.
SELECT number, first_line, last_line, lines, state, attempts, coalesce(settled_at, ''), coalesce(reason, ''), ids, recovered,
       object, objects
FROM chunk WHERE file = :file AND lines <> x'' ORDER BY first_line;

-- name: the_rows
-- All records of a file with a story of their own, in the order of its lines; those of one row one after the other.
SELECT line, state, errors, chunk, attempts, settled_at, id, object, family_file, family_line FROM row WHERE file = :file
ORDER BY line & (1 << 40) - 1, line;

-- name: the_sources
-- Rejected rows of a file in the order of its lines, with their sources; what is nested in a row is in its source.
SELECT line, state, errors, source FROM row
WHERE file = :file AND line < 1 << 40 AND state IN ('unreadable', 'rejected_here', 'rejected_by_org') ORDER BY line;

-- name: the_part_sources
-- Rejected records of a file that began a part of a family, by object, with what was sent.
SELECT line, state, errors, source FROM row
WHERE file = :file AND object = :object AND line >= 1 << 40 AND source <> x'' AND state IN ('rejected_here', 'rejected_by_org')
ORDER BY line & (1 << 40) - 1, line;

-- name: the_ids
-- Ids of all chunks of a file, and of its rows that were recovered by themselves.
SELECT ids FROM chunk WHERE file = :file AND ids <> x''
UNION ALL SELECT CAST(id AS BLOB) FROM row WHERE file = :file AND id <> '';

-- name: doubts
-- Chunks in doubt and rows in doubt by themselves, with what was asked about them last.
SELECT file, first_line, last_line, length(lines) / 8, number AS chunk, sent_at, reason,
       (SELECT question FROM inquiry WHERE inquiry.chunk = chunk.number ORDER BY inquiry.number DESC LIMIT 1),
       (SELECT reason FROM inquiry WHERE inquiry.chunk = chunk.number ORDER BY inquiry.number DESC LIMIT 1)
FROM chunk WHERE state IN ('in_doubt', 'sending')
UNION ALL
SELECT file, line & (1 << 40) - 1, line & (1 << 40) - 1, 1, chunk, settled_at, json_extract(errors, '$[0][1]'),
       (SELECT question FROM inquiry WHERE inquiry.chunk = row.chunk ORDER BY inquiry.number DESC LIMIT 1),
       (SELECT reason FROM inquiry WHERE inquiry.chunk = row.chunk ORDER BY inquiry.number DESC LIMIT 1)
FROM row WHERE state = 'in_doubt'
ORDER BY 1, 2;

-- name: inquiries
-- What was asked or said about rows in doubt that settled them, in that order.
SELECT file, chunk, length(lines) / 8, sent_at, way, question, asked_at, finding, reason, who FROM inquiry
WHERE finding <> 'unclear' ORDER BY number;

-- name: error_groups
-- Errors by code and message's field, with the number of records; duplicates in a file are among them, records that only go
-- with others of their family are not.
SELECT state, json_extract(error.value, '$[0]'), json_extract(error.value, '$[2]'), json_extract(error.value, '$[1]'), count(*),
       min((row.file << 40) | (row.line & ((1 << 40) - 1)))
FROM row, json_each(row.errors) AS error
WHERE json_extract(error.value, '$[0]') <> 'FAMILY' AND row.state IN ('duplicate_in_file', 'unreadable', 'rejected_here', 'rejected_by_org')
GROUP BY 1, 2, 3 ORDER BY 5 DESC, 1, 2, 3;

-- name: chunk_states
-- Of each object and state: records in chunks that have one object.
SELECT object, iif(recovered, 'recovered', state), sum(length(lines) / 8) FROM chunk WHERE objects = x'' GROUP BY 1, 2;

-- name: mixed_chunks
-- Chunks with records of several objects.
SELECT objects, iif(recovered, 'recovered', state) FROM chunk WHERE objects <> x'';

-- name: row_states
-- Of each object and state: records with a story of their own; lines that hold no row are of no object.
SELECT object, state, count(*) FROM row WHERE state <> 'unreadable' GROUP BY 1, 2;
