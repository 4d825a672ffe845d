-- What a session was allowed to set off in the org.

-- JSON object; {}: it was not written down.
ALTER TABLE session ADD COLUMN effects TEXT NOT NULL DEFAULT '{}';
