-- Patch 8.0-P1: linkage fills every dependent field.
INSERT INTO sys_label (code, language, text) VALUES ('form.linkage', 'zh', '联动字段已填充');
INSERT INTO sys_package (id, name, kind, version, applied_at) VALUES ('patch-8.0-P1', '字段联动补丁', 'patch', '8.0.0-P1', datetime('now', 'localtime'));
INSERT INTO sys_script (name, package, applied_at) VALUES ('801_patch_P1.sql', 'patch-8.0-P1', datetime('now', 'localtime'));
