-- Texts of the new pages. A process that runs does not see them before its next start.
INSERT INTO sys_label (code, language, text) VALUES ('portal.welcome', 'zh', '欢迎您，'), ('todo.state', 'zh', '状态'), ('menu.matrix', 'zh', '矩阵');
UPDATE sys_label SET text = '最新公告' WHERE code = 'portal.notice' AND language = 'zh';
INSERT INTO sys_script (name, package, applied_at) VALUES ('003_labels.sql', 'upgrade-8.0', datetime('now', 'localtime'));
