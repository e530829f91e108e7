-- A small company on 7.4: two departments, four people (one has left), three forms, two workflows, requests in flight.
INSERT INTO sys_version VALUES ('7.4.0', '2024-01-05 09:00:00');
INSERT INTO hrm_branch (id, name) VALUES (1, '总部');
INSERT INTO hrm_department (id, branch_id, name) VALUES (1, 1, '信息中心'), (2, 1, '财务部');
INSERT INTO hrm_person (id, login, name, department_id, manager_id, mobile, password_hash, status, created_at) VALUES
 (1, 'tester', '测试员', 1, 2, '13800000001', '-', 'active', '2024-01-05'), (2, 'manager', '经理', 1, NULL, '13800000002', '-', 'active', '2024-01-05'),
 (3, 'finance', '会计', 2, 2, '13800000003', '-', 'active', '2024-01-05'), (4, 'gone', '离职者', 2, 2, '13800000004', '-', 'left', '2024-01-05');
INSERT INTO hrm_role_member VALUES (3, 3), (5, 1);
INSERT INTO hrm_department_defined VALUES (1, '2', '2', '3'), (2, '2', '4', '3');
INSERT INTO hrm_branch_defined VALUES (1, '2', '3');
INSERT INTO form (id, name, kind, template_path, main_table) VALUES (1, '请假单', 'early', 'webapp/WEB-INF/forms/leave.html', 'form_leave'), (2, '出差单', 'early', 'webapp/WEB-INF/forms/trip.html', 'form_trip');
INSERT INTO form (id, name, kind, layout, main_table) VALUES (3, '报销单', 'new', '{}', 'form_expense');
INSERT INTO form_field_sql (form_id, field, sql_text) VALUES (1, 'phone', 'SELECT p.mobile FROM hrm_person p WHERE p.login = $user$');
INSERT INTO wf_workflow (id, family_id, version_no, code, name, category, state, form_id, created_at) VALUES
 (1, 1, 1, 'leave', '请假', '人事', 'valid', 1, '2024-02-01'), (2, 2, 1, 'trial', '试用', '人事', 'test', 3, '2024-02-01');
INSERT INTO wf_node (id, workflow_id, name, kind, position) VALUES (1, 1, '部门负责人', 'approve', 1), (2, 1, '财务', 'approve', 2);
INSERT INTO wf_operator (node_id, kind, object) VALUES (1, 'department_field', 'dept_head'), (2, 'role', '3');
INSERT INTO wf_request (id, workflow_id, title, creator_id, department_id, node_id, state, created_at, updated_at) VALUES
 (1, 1, '年假', 1, 1, 1, 'running', '2024-03-01', '2024-03-01'), (2, 1, '病假', 1, 1, 1, 'running', '2024-03-02', '2024-03-02'), (3, 1, '事假', 1, 1, 2, 'archived', '2024-03-03', '2024-03-05');
INSERT INTO wf_current_operator (request_id, node_id, person_id, state, received_at) VALUES (1, 1, 2, 'todo', '2024-03-01'), (2, 1, 4, 'todo', '2024-03-02');
INSERT INTO mail_outbox (recipient, subject, body, state, created_at, next_try, last_error) VALUES
 ('a@example.invalid', 's', 'b', 'waiting', '2024-03-01', '2024-03-01', NULL), ('b@example.invalid', 's', 'b', 'failed', '2024-03-01', '2024-03-01', '550 no such user');
