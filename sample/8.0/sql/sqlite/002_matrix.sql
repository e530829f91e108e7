-- Tables of the matrices. They are filled from the user-defined fields at the first start of 8.0.
CREATE TABLE matrix_info (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE TABLE matrix_field (id INTEGER PRIMARY KEY, matrix_id INTEGER NOT NULL, name TEXT NOT NULL, label TEXT NOT NULL, position INTEGER NOT NULL, UNIQUE (matrix_id, name));
CREATE TABLE matrix_row (id INTEGER PRIMARY KEY, matrix_id INTEGER NOT NULL, key_id INTEGER NOT NULL, UNIQUE (matrix_id, key_id));
CREATE TABLE matrix_value (row_id INTEGER NOT NULL, field_id INTEGER NOT NULL, person_id INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (row_id, field_id, person_id));
CREATE TABLE sys_migration (name TEXT PRIMARY KEY, started_at TEXT NOT NULL, finished_at TEXT NOT NULL, matrix_rows INTEGER NOT NULL, matrix_values INTEGER NOT NULL, operators INTEGER NOT NULL);
ALTER TABLE wf_operator ADD COLUMN matrix_id INTEGER;
ALTER TABLE wf_operator ADD COLUMN matrix_field TEXT;
INSERT INTO sys_script (name, package, applied_at) VALUES ('002_matrix.sql', 'upgrade-8.0', datetime('now', 'localtime'));
