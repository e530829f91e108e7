-- The new style of login page and portal becomes the default.
INSERT INTO sys_setting (name, value) VALUES ('portal.style', 'new');
UPDATE sys_setting SET value = 'new' WHERE name = 'login.style';
UPDATE portal_element SET style = 'card';
INSERT INTO sys_script (name, package, applied_at) VALUES ('004_portal.sql', 'upgrade-8.0', datetime('now', 'localtime'));
