-- What the customer has added to the database.
CREATE TABLE cus_leave_balance (person_id INTEGER PRIMARY KEY, year INTEGER NOT NULL, days TEXT NOT NULL);
CREATE VIEW cus_v_phonebook AS SELECT d.name AS department, p.name, p.mobile AS phone FROM hrm_person p JOIN hrm_department d ON d.id = p.department_id WHERE p.status = 'active';
INSERT INTO cus_leave_balance SELECT id, 2025, CAST(5 + id % 11 AS TEXT) FROM hrm_person;

-- One field still reads the column by its old name after the upgrade; the other reads only the customer's table.
INSERT INTO form_field_sql (form_id, field, sql_text, source) SELECT id, 'contact', 'SELECT p.name || '' '' || p.mobile FROM hrm_person p WHERE p.login = $user$', 'customer' FROM form WHERE main_table = 'form_trip';
INSERT INTO form_field_sql (form_id, field, sql_text, source) SELECT id, 'balance', 'SELECT b.days FROM cus_leave_balance b JOIN hrm_person p ON p.id = b.person_id WHERE p.login = $user$', 'customer' FROM form WHERE main_table = 'form_leave';

UPDATE sys_setting SET value = '示例集团有限公司' WHERE name = 'customer.name';
UPDATE sys_setting SET value = '示例集团协同办公' WHERE name IN ('portal.title', 'login.title');
UPDATE portal_element SET enabled = 1 WHERE code = 'links';
