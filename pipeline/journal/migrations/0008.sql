-- Rows of a file may hang under those of another one.

-- Empty: they stand for themselves; otherwise as which child relationship, as the job writes it.
ALTER TABLE file ADD COLUMN joined TEXT NOT NULL DEFAULT '';

-- The row under whose record a row of a joined file hangs, if it has a story of its own; 0: it stands for itself.
ALTER TABLE row ADD COLUMN family_file INTEGER NOT NULL DEFAULT 0;
ALTER TABLE row ADD COLUMN family_line INTEGER NOT NULL DEFAULT 0;
