-- Tables of the sample OA 7.4.

CREATE TABLE sys_version (version TEXT NOT NULL, installed_at TEXT NOT NULL);
CREATE TABLE sys_package (id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, version TEXT NOT NULL, applied_at TEXT NOT NULL);
CREATE TABLE sys_script (name TEXT PRIMARY KEY, package TEXT NOT NULL, applied_at TEXT NOT NULL);
CREATE TABLE sys_setting (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE sys_label (code TEXT NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (code, language));
CREATE TABLE sys_module (code TEXT PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, installed INTEGER NOT NULL, usage_table TEXT NOT NULL, usage_column TEXT NOT NULL);
CREATE TABLE sys_login_log (id INTEGER PRIMARY KEY, login TEXT NOT NULL, at TEXT NOT NULL, result TEXT NOT NULL);

CREATE TABLE hrm_branch (id INTEGER PRIMARY KEY, name TEXT NOT NULL, parent_id INTEGER, canceled INTEGER NOT NULL DEFAULT 0);
CREATE TABLE hrm_department (id INTEGER PRIMARY KEY, branch_id INTEGER NOT NULL, parent_id INTEGER, name TEXT NOT NULL, canceled INTEGER NOT NULL DEFAULT 0);
-- User-defined fields of the organisation: which there are, and their values (person ids, several by comma).
CREATE TABLE hrm_defined_field (scope TEXT NOT NULL, field TEXT NOT NULL, label TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (scope, field));
CREATE TABLE hrm_department_defined (department_id INTEGER PRIMARY KEY, dept_head TEXT, dept_leader TEXT, finance_contact TEXT);
CREATE TABLE hrm_branch_defined (branch_id INTEGER PRIMARY KEY, branch_head TEXT, seal_keeper TEXT);
CREATE TABLE hrm_person (id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL, department_id INTEGER NOT NULL, manager_id INTEGER,
  title TEXT, email TEXT, mobile TEXT, password_hash TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'active', created_at TEXT NOT NULL);
CREATE TABLE hrm_role (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE TABLE hrm_role_member (role_id INTEGER NOT NULL, person_id INTEGER NOT NULL, PRIMARY KEY (role_id, person_id));

-- kind early: HTML template file (GBK) at template_path; kind new: layout as JSON in the row.
CREATE TABLE form (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, template_path TEXT, layout TEXT, main_table TEXT NOT NULL, detail_table TEXT);
CREATE TABLE form_field (id INTEGER PRIMARY KEY, form_id INTEGER NOT NULL, name TEXT NOT NULL, label TEXT NOT NULL, in_detail INTEGER NOT NULL DEFAULT 0,
  type TEXT NOT NULL, options TEXT, required INTEGER NOT NULL DEFAULT 0, position INTEGER NOT NULL);
-- $name$ in the SQL is the value of that field of the page, $user$ the login of who fills it.
CREATE TABLE form_field_sql (id INTEGER PRIMARY KEY, form_id INTEGER NOT NULL, field TEXT NOT NULL, sql_text TEXT NOT NULL, source TEXT NOT NULL DEFAULT 'vendor');
-- The SQL gives one row; its columns fill target_fields (by comma) in this order.
CREATE TABLE form_linkage (id INTEGER PRIMARY KEY, form_id INTEGER NOT NULL, trigger_field TEXT NOT NULL, target_fields TEXT NOT NULL, sql_text TEXT NOT NULL, source TEXT NOT NULL DEFAULT 'vendor');

-- state: valid | test | invalid | old. All versions of a workflow share family_id.
CREATE TABLE wf_workflow (id INTEGER PRIMARY KEY, family_id INTEGER NOT NULL, version_no INTEGER NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL,
  category TEXT NOT NULL, state TEXT NOT NULL, form_id INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE wf_node (id INTEGER PRIMARY KEY, workflow_id INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, position INTEGER NOT NULL);
-- kind: person (object = person id) | role (role id) | manager | department_field | branch_field (object = column of hrm_*_defined)
CREATE TABLE wf_operator (id INTEGER PRIMARY KEY, node_id INTEGER NOT NULL, kind TEXT NOT NULL, object TEXT);
-- kind: all | department | role | person
CREATE TABLE wf_start_right (id INTEGER PRIMARY KEY, workflow_id INTEGER NOT NULL, kind TEXT NOT NULL, object TEXT);

-- state: draft | running | rejected | archived | canceled
CREATE TABLE wf_request (id INTEGER PRIMARY KEY, workflow_id INTEGER NOT NULL, title TEXT NOT NULL, creator_id INTEGER NOT NULL, department_id INTEGER NOT NULL,
  node_id INTEGER NOT NULL, state TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, archived_at TEXT);
CREATE TABLE wf_current_operator (id INTEGER PRIMARY KEY, request_id INTEGER NOT NULL, node_id INTEGER NOT NULL, person_id INTEGER NOT NULL,
  state TEXT NOT NULL, received_at TEXT NOT NULL, handled_at TEXT);
CREATE TABLE wf_log (id INTEGER PRIMARY KEY, request_id INTEGER NOT NULL, node_id INTEGER NOT NULL, person_id INTEGER NOT NULL, action TEXT NOT NULL, remark TEXT, at TEXT NOT NULL);
CREATE TABLE wf_attachment (id INTEGER PRIMARY KEY, request_id INTEGER NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, person_id INTEGER NOT NULL, at TEXT NOT NULL);
CREATE INDEX wf_request_state ON wf_request (state, workflow_id);
CREATE INDEX wf_current_operator_person ON wf_current_operator (person_id, state);
CREATE INDEX wf_current_operator_request ON wf_current_operator (request_id);
CREATE INDEX wf_log_request ON wf_log (request_id);
CREATE INDEX wf_attachment_request ON wf_attachment (request_id);

CREATE TABLE portal_element (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, label TEXT NOT NULL, kind TEXT NOT NULL, area INTEGER NOT NULL, position INTEGER NOT NULL, style TEXT NOT NULL, enabled INTEGER NOT NULL);
CREATE TABLE portal_notice (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE doc_document (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL, author_id INTEGER NOT NULL, created_at TEXT NOT NULL, reads INTEGER NOT NULL DEFAULT 0);
CREATE TABLE meeting_booking (id INTEGER PRIMARY KEY, room TEXT NOT NULL, title TEXT NOT NULL, person_id INTEGER NOT NULL, starts_at TEXT NOT NULL, ends_at TEXT NOT NULL);
CREATE TABLE stock_item (code TEXT PRIMARY KEY, name TEXT NOT NULL, unit_price TEXT NOT NULL, supplier TEXT NOT NULL);
CREATE TABLE finance_cost_center (code TEXT PRIMARY KEY, department_id INTEGER NOT NULL, name TEXT NOT NULL);

-- state: waiting | sent | failed. request_id: what a mail is about; NULL for one about no single request.
CREATE TABLE mail_outbox (id INTEGER PRIMARY KEY, request_id INTEGER, recipient TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL, next_try TEXT NOT NULL, sent_at TEXT, last_error TEXT);
CREATE TABLE interface_outbox (id INTEGER PRIMARY KEY, request_id INTEGER NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL, next_try TEXT NOT NULL, sent_at TEXT, last_error TEXT);
CREATE INDEX mail_outbox_state ON mail_outbox (state, next_try);
CREATE INDEX mail_outbox_request ON mail_outbox (request_id);
CREATE INDEX interface_outbox_state ON interface_outbox (state, next_try);
CREATE TABLE schedule_job (code TEXT PRIMARY KEY, name TEXT NOT NULL, enabled INTEGER NOT NULL, interval_seconds INTEGER NOT NULL, last_run TEXT, last_result TEXT);
