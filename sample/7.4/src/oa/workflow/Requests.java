package oa.workflow;

import java.util.List;
import java.util.Map;
import oa.base.Db;
import oa.base.Failure;
import oa.base.Row;
import oa.base.Settings;
import oa.base.Times;
import oa.form.FormData;
import oa.hr.People;
import oa.hr.Person;
import oa.out.Outbox;

/** The life of a request: draft, running from node to node, archived; or sent back to its creator. */
public final class Requests {
    private Requests() {}

    public static long create(Db db, Person person, String workflowReference, String title, Map<String, Object> fields, List<Map<String, Object>> detail) {
        Row workflow = Workflows.find(db, workflowReference);
        if (!Workflows.mayStart(db, person, workflow)) throw Failure.forbidden("没有创建该流程的权限：" + workflow.text("name"));
        long first = db.count("SELECT id FROM wf_node WHERE workflow_id = ? AND kind = 'create'", workflow.number("id"));
        String now = Times.now();
        String shown = title == null || title.isBlank() ? workflow.text("name") + "-" + person.name() + "-" + now.substring(0, 10) : title;
        long id = db.insert("INSERT INTO wf_request (workflow_id, title, creator_id, department_id, node_id, state, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 'draft', ?, ?)",
            workflow.number("id"), shown, person.id(), person.departmentId(), first, now, now);
        FormData.write(db, workflow.number("form_id"), id, fields, detail);
        todo(db, id, first, person.id(), now);
        return id;
    }

    public static Row find(Db db, long id) {
        Row row = db.one("SELECT r.*, w.name AS workflow, w.form_id, n.name AS node, n.kind AS node_kind, p.name AS creator FROM wf_request r"
            + " JOIN wf_workflow w ON w.id = r.workflow_id JOIN wf_node n ON n.id = r.node_id JOIN hrm_person p ON p.id = r.creator_id WHERE r.id = ?", id);
        if (row == null) throw Failure.missing("请求 " + id);
        return row;
    }

    /** Creator, everybody who handled it or has to, and administrators. */
    public static void mayRead(Db db, Person person, Row request) {
        if (person.admin() || request.number("creator_id") == person.id()) return;
        if (db.count("SELECT count(*) FROM wf_current_operator WHERE request_id = ? AND person_id = ?", request.number("id"), person.id()) == 0)
            throw Failure.forbidden("没有查看该请求的权限");
    }

    public static List<Row> operators(Db db, long id) {
        return db.list("SELECT p.id, p.login AS user, p.name FROM wf_current_operator c JOIN hrm_person p ON p.id = c.person_id"
            + " WHERE c.request_id = ? AND c.state = 'todo' ORDER BY p.id", id);
    }

    public static List<Row> todo(Db db, Person person) {
        return db.list("SELECT r.id, r.title, w.name AS workflow, n.name AS node, p.name AS creator, c.received_at AS received, r.state FROM wf_current_operator c"
            + " JOIN wf_request r ON r.id = c.request_id JOIN wf_workflow w ON w.id = r.workflow_id JOIN wf_node n ON n.id = r.node_id JOIN hrm_person p ON p.id = r.creator_id"
            + " WHERE c.person_id = ? AND c.state = 'todo' ORDER BY c.received_at DESC, r.id DESC", person.id());
    }

    public static List<Row> mine(Db db, Person person, int limit) {
        return db.list("SELECT r.id, r.title, r.state, n.name AS node FROM wf_request r JOIN wf_node n ON n.id = r.node_id WHERE r.creator_id = ? ORDER BY r.id DESC LIMIT ?", person.id(), limit);
    }

    public static List<Row> log(Db db, long id) {
        return db.list("SELECT n.name AS node, p.name AS person, l.action, l.remark, l.at FROM wf_log l JOIN wf_node n ON n.id = l.node_id JOIN hrm_person p ON p.id = l.person_id WHERE l.request_id = ? ORDER BY l.id", id);
    }

    /** Hands the request to the next node. One of several operators is enough. */
    public static void submit(Db db, Person person, long id, String remark) {
        Row request = open(db, person, id);
        Row next = db.one("SELECT id, name, kind FROM wf_node WHERE workflow_id = ? AND position > (SELECT position FROM wf_node WHERE id = ?) ORDER BY position LIMIT 1",
            request.number("workflow_id"), request.number("node_id"));
        if (next == null) throw Failure.conflict("no_node", "流程没有下一个节点");
        String action = request.text("node_kind").equals("create") ? "submit" : "approve";
        if (next.text("kind").equals("archive")) {
            step(db, request, person, action, remark, next.number("id"), "archived");
            db.run("UPDATE wf_request SET archived_at = updated_at WHERE id = ?", id);
            Outbox.archived(db, id);
            Outbox.mail(db, id, request.number("creator_id"), "[OA] 已归档：" + request.text("title"), "您的请求已归档：" + link(id));
            return;
        }
        List<Long> operators = Operators.resolve(db, next.number("id"), request.number("department_id"), request.number("creator_id"));
        if (operators.isEmpty()) throw Failure.conflict("no_operator", "节点没有操作者：" + next.text("name"));
        step(db, request, person, action, remark, next.number("id"), "running");
        for (long operator : operators) {
            todo(db, id, next.number("id"), operator, Times.now());
            Outbox.mail(db, id, operator, "[OA] 待办：" + request.text("title"), "请处理：" + link(id));
        }
    }

    /** Back to the creator, who may change nothing but can hand it in again. */
    public static void reject(Db db, Person person, long id, String remark) {
        Row request = open(db, person, id);
        if (request.text("node_kind").equals("create")) throw Failure.conflict("at_start", "发起节点不能退回");
        long first = db.count("SELECT id FROM wf_node WHERE workflow_id = ? AND kind = 'create'", request.number("workflow_id"));
        step(db, request, person, "reject", remark, first, "rejected");
        todo(db, id, first, request.number("creator_id"), Times.now());
        Outbox.mail(db, id, request.number("creator_id"), "[OA] 已退回：" + request.text("title"), "您的请求被退回：" + link(id));
    }

    /** Drafts and returned requests by their creator, anything by an administrator (for instance what checks have left). */
    public static void remove(Db db, Person person, long id) {
        Row request = find(db, id);
        boolean own = request.number("creator_id") == person.id() && List.of("draft", "rejected").contains(request.text("state"));
        if (!own && !person.admin()) throw Failure.forbidden("没有删除该请求的权限");
        FormData.remove(db, request.number("form_id"), id);
        Attachments.remove(db, id);
        for (String table : List.of("wf_current_operator", "wf_log", "mail_outbox", "interface_outbox")) db.run("DELETE FROM " + table + " WHERE request_id = ?", id);
        db.run("DELETE FROM wf_request WHERE id = ?", id);
    }

    private static Row open(Db db, Person person, long id) {
        Row request = find(db, id);
        if (!List.of("draft", "running", "rejected").contains(request.text("state"))) throw Failure.conflict("closed", "请求已结束");
        if (db.count("SELECT count(*) FROM wf_current_operator WHERE request_id = ? AND person_id = ? AND state = 'todo'", id, person.id()) == 0)
            throw Failure.forbidden("您不是当前操作者");
        return request;
    }

    private static void step(Db db, Row request, Person person, String action, String remark, long node, String state) {
        String now = Times.now();
        db.run("INSERT INTO wf_log (request_id, node_id, person_id, action, remark, at) VALUES (?, ?, ?, ?, ?, ?)",
            request.number("id"), request.number("node_id"), person.id(), action, remark == null ? "" : remark, now);
        db.run("UPDATE wf_current_operator SET state = 'done', handled_at = ? WHERE request_id = ? AND state = 'todo'", now, request.number("id"));
        db.run("UPDATE wf_request SET node_id = ?, state = ?, updated_at = ? WHERE id = ?", node, state, now, request.number("id"));
    }

    private static void todo(Db db, long request, long node, long person, String now) {
        db.run("INSERT INTO wf_current_operator (request_id, node_id, person_id, state, received_at) VALUES (?, ?, ?, 'todo', ?)", request, node, person, now);
    }

    private static String link(long id) { return Settings.file("base.url", "") + "/request.jsp?id=" + id; }
}
