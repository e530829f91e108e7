-- Non-standard feature pack seal, for 7.4.
CREATE TABLE seal (id INTEGER PRIMARY KEY, name TEXT NOT NULL, branch_id INTEGER NOT NULL);
CREATE TABLE seal_record (id INTEGER PRIMARY KEY, seal_id INTEGER NOT NULL, request_id INTEGER, person_id INTEGER NOT NULL, used_at TEXT NOT NULL, purpose TEXT NOT NULL);
INSERT INTO sys_label (code, language, text) VALUES ('seal.title', 'zh', '印章管理');
INSERT INTO sys_module VALUES ('seal', '印章', '7.4', 1, 'seal_record', 'used_at');
INSERT INTO sys_package (id, name, kind, version, applied_at) VALUES ('feature-seal-7.4', '印章非标功能包', 'feature', '7.4', datetime('now', 'localtime'));
INSERT INTO sys_script (name, package, applied_at) VALUES ('701_seal.sql', 'feature-seal-7.4', datetime('now', 'localtime'));
