-- Files of a plan say of which object their records are.

-- Empty: what the job says.
ALTER TABLE file ADD COLUMN object TEXT NOT NULL DEFAULT '';
