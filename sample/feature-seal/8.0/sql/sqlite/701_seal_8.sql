-- Non-standard feature pack seal, from 7.4 to 8.0.
ALTER TABLE seal ADD COLUMN kind TEXT NOT NULL DEFAULT '公章';
UPDATE sys_module SET version = '8.0' WHERE code = 'seal';
INSERT INTO sys_package (id, name, kind, version, applied_at) VALUES ('feature-seal-8.0', '印章非标功能包', 'feature', '8.0', datetime('now', 'localtime'));
INSERT INTO sys_script (name, package, applied_at) VALUES ('701_seal_8.sql', 'feature-seal-8.0', datetime('now', 'localtime'));
