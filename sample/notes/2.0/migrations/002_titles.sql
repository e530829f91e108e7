ALTER TABLE note ADD COLUMN title TEXT NOT NULL DEFAULT '';
UPDATE note SET title = CASE WHEN instr(text, char(10)) > 0 THEN substr(text, 1, instr(text, char(10)) - 1) ELSE text END;
CREATE TABLE tag (note_id INTEGER NOT NULL REFERENCES note (id), name TEXT NOT NULL, PRIMARY KEY (note_id, name));
INSERT INTO setting (name, value) VALUES ('notes.per_page', '50')
