-- What the vendor ships in the database of 7.4: settings, labels, modules, portal, jobs, roles.

INSERT INTO sys_setting VALUES
 ('customer.name', ''), ('filesystem.path', '/opt/oa/data/filesystem'),
 ('mail.enabled', '1'), ('mail.host', '127.0.0.1'), ('mail.port', '2525'), ('mail.from', 'oa@example.invalid'),
 ('interface.enabled', '1'), ('interface.url', 'http://127.0.0.1:2580/hook'),
 ('portal.logo', 'images/logo.png'), ('portal.title', '协同办公平台'), ('login.title', '协同办公平台'), ('login.style', 'classic');

INSERT INTO sys_module VALUES
 ('workflow', '流程', '7.4', 1, 'wf_request', 'updated_at'),
 ('documents', '文档', '7.4', 1, 'doc_document', 'created_at'),
 ('portal', '门户', '7.4', 1, 'portal_notice', 'created_at'),
 ('hr', '人力资源', '7.4', 1, 'hrm_person', 'created_at'),
 ('meeting', '会议', '7.4', 1, 'meeting_booking', 'starts_at');

INSERT INTO sys_label VALUES
 ('login.user', 'zh', '用户名'), ('login.password', 'zh', '密码'), ('login.button', 'zh', '登录'),
 ('login.wrong', 'zh', '用户名或密码不正确'), ('login.licence', 'zh', '授权文件不适用于本版本，请联系系统管理员'),
 ('menu.portal', 'zh', '首页'), ('menu.start', 'zh', '新建流程'), ('menu.todo', 'zh', '待办事宜'), ('menu.documents', 'zh', '文档'),
 ('menu.meeting', 'zh', '会议'), ('menu.org', 'zh', '组织'), ('menu.report', 'zh', '报表'), ('menu.admin', 'zh', '流程管理'), ('menu.logout', 'zh', '退出'),
 ('portal.todo', 'zh', '待办事宜'), ('portal.notice', 'zh', '通知公告'), ('portal.document', 'zh', '最新文档'), ('portal.mine', 'zh', '我的请求'), ('portal.links', 'zh', '常用链接'),
 ('todo.title', 'zh', '标题'), ('todo.workflow', 'zh', '流程'), ('todo.node', 'zh', '当前节点'), ('todo.creator', 'zh', '创建人'), ('todo.received', 'zh', '接收时间'),
 ('request.log', 'zh', '流转意见'), ('request.attachment', 'zh', '附件'), ('request.operators', 'zh', '当前操作者'), ('request.remark', 'zh', '签字意见'),
 ('request.submit', 'zh', '提交'), ('request.approve', 'zh', '批准'), ('request.reject', 'zh', '退回'), ('request.state', 'zh', '状态'),
 ('form.main', 'zh', '基本信息'), ('form.detail', 'zh', '明细'), ('form.addrow', 'zh', '增加一行'), ('form.requesttitle', 'zh', '请求标题'),
 ('org.title', 'zh', '组织结构'), ('report.title', 'zh', '流程统计'), ('document.title', 'zh', '文档'), ('meeting.title', 'zh', '会议预定'), ('admin.title', 'zh', '流程管理'), ('start.title', 'zh', '新建流程'),
 ('state.draft', 'zh', '草稿'), ('state.running', 'zh', '审批中'), ('state.rejected', 'zh', '已退回'), ('state.archived', 'zh', '已归档'), ('state.canceled', 'zh', '已撤销'),
 ('state.valid', 'zh', '有效'), ('state.test', 'zh', '测试'), ('state.invalid', 'zh', '无效'), ('state.old', 'zh', '旧版本');

INSERT INTO portal_element (code, label, kind, area, position, style, enabled) VALUES
 ('todo', 'portal.todo', 'todo', 1, 1, 'plain', 1), ('mine', 'portal.mine', 'mine', 1, 2, 'plain', 1),
 ('notice', 'portal.notice', 'notice', 2, 1, 'plain', 1), ('document', 'portal.document', 'document', 2, 2, 'plain', 1), ('links', 'portal.links', 'links', 2, 3, 'plain', 0);

INSERT INTO hrm_role (id, code, name) VALUES (1, 'admin', '系统管理员'), (2, 'hr', '人事专员'), (3, 'finance', '财务专员'), (4, 'purchase', '采购专员'), (5, 'tester', '流程测试员');

INSERT INTO hrm_defined_field VALUES
 ('department', 'dept_head', '部门负责人', 1), ('department', 'dept_leader', '分管领导', 2), ('department', 'finance_contact', '财务接口人', 3),
 ('branch', 'branch_head', '分部负责人', 1), ('branch', 'seal_keeper', '印章管理员', 2);

INSERT INTO schedule_job VALUES
 ('mail.reminder', '待办提醒邮件', 1, 86400, NULL, NULL), ('mail.flush', '发送邮件队列', 1, 5, NULL, NULL), ('interface.flush', '发送接口队列', 1, 5, NULL, NULL);
