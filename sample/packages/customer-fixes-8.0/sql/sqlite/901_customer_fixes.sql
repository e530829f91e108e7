-- What the customer keeps in the database and what 8.0 would break.
UPDATE form_field_sql SET sql_text = replace(sql_text, 'p.mobile ', 'p.mobile_phone ') WHERE source = 'customer' AND sql_text LIKE '%p.mobile %';
-- Early forms that call functions of 7.4 are read from their adapted copies; the old templates stay where they are.
UPDATE form SET template_path = replace(template_path, '/data/templates/', '/webapp/WEB-INF/forms/') WHERE kind = 'early' AND main_table IN ('form_leave', 'form_trip');
INSERT INTO sys_package (id, name, kind, version, applied_at) VALUES ('customer-fixes-8.0', '二次开发适配', 'patch', '8.0', datetime('now', 'localtime'));
INSERT INTO sys_script (name, package, applied_at) VALUES ('901_customer_fixes.sql', 'customer-fixes-8.0', datetime('now', 'localtime'));
