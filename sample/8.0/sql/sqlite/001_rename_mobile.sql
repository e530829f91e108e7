-- hrm_person.mobile becomes mobile_phone. Stored SQL of the vendor follows; that of a customer is his own affair.
ALTER TABLE hrm_person RENAME COLUMN mobile TO mobile_phone;
UPDATE form_field_sql SET sql_text = replace(sql_text, 'p.mobile', 'p.mobile_phone') WHERE source = 'vendor';
UPDATE form_linkage SET sql_text = replace(sql_text, 'p.mobile', 'p.mobile_phone') WHERE source = 'vendor';
INSERT INTO sys_script (name, package, applied_at) VALUES ('001_rename_mobile.sql', 'upgrade-8.0', datetime('now', 'localtime'));
