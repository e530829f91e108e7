-- Last of all: from here on the database says 8.0.
UPDATE sys_version SET version = '8.0.0', installed_at = datetime('now', 'localtime');
INSERT INTO sys_package (id, name, kind, version, applied_at) VALUES ('upgrade-8.0', '8.0 升级包', 'upgrade', '8.0.0', datetime('now', 'localtime'));
UPDATE sys_module SET version = '8.0' WHERE code <> 'seal';
INSERT INTO sys_script (name, package, applied_at) VALUES ('005_version.sql', 'upgrade-8.0', datetime('now', 'localtime'));
