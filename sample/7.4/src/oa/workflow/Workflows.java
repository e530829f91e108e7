package oa.workflow;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import oa.base.Db;
import oa.base.Failure;
import oa.base.Row;
import oa.base.Times;
import oa.form.NewForm;
import oa.hr.People;
import oa.hr.Person;

/** Definitions of workflows: find, define, switch their state, save as a new version, remove. */
public final class Workflows {
    private static final List<String> STATES = List.of("valid", "test", "invalid", "old");

    private Workflows() {}

    /** By id, or by code: then the version in use. */
    public static Row find(Db db, String reference) {
        Row row = reference.matches("\\d+") ? db.one("SELECT * FROM wf_workflow WHERE id = ?", Long.valueOf(reference))
            : db.one("SELECT * FROM wf_workflow WHERE code = ? AND state <> 'old' ORDER BY version_no DESC", reference);
        if (row == null) throw Failure.missing("流程 " + reference);
        return row;
    }

    public static List<Row> startable(Db db, Person person) {
        List<Row> found = new ArrayList<>();
        for (Row row : db.list("SELECT id, code, name, category, state, version_no AS version FROM wf_workflow WHERE state IN ('valid', 'test') ORDER BY id"))
            if (mayStart(db, person, row)) found.add(row);
        return found;
    }

    /** A workflow in test state is for its testers and administrators only. */
    public static boolean mayStart(Db db, Person person, Row workflow) {
        if (workflow.text("state").equals("test")) return person.admin() || People.hasRole(db, person.id(), "tester");
        if (!workflow.text("state").equals("valid")) return false;
        for (Row right : db.list("SELECT kind, object FROM wf_start_right WHERE workflow_id = ?", workflow.number("id"))) {
            boolean fits = switch (right.text("kind")) {
                case "all" -> true;
                case "department" -> right.number("object") == person.departmentId();
                case "role" -> db.count("SELECT count(*) FROM hrm_role_member WHERE role_id = ? AND person_id = ?", right.number("object"), person.id()) > 0;
                case "person" -> right.number("object") == person.id();
                default -> false;
            };
            if (fits) return true;
        }
        return false;
    }

    public static List<Row> nodes(Db db, long workflow) {
        return db.list("SELECT id, name, kind, position FROM wf_node WHERE workflow_id = ? ORDER BY position", workflow);
    }

    /** All versions with their nodes and how each node finds its operators. */
    public static List<Row> all(Db db) {
        List<Row> rows = db.list("SELECT w.id, w.family_id AS family, w.version_no AS version, w.code, w.name, w.category, w.state, w.form_id AS form, f.kind AS form_kind,"
            + " (SELECT count(*) FROM wf_request r WHERE r.workflow_id = w.id) AS requests FROM wf_workflow w JOIN form f ON f.id = w.form_id ORDER BY w.id");
        for (Row row : rows) {
            List<Row> nodes = nodes(db, row.number("id"));
            for (Row node : nodes) node.put("via", Operators.via(db, node.number("id")));
            row.put("nodes", nodes);
        }
        return rows;
    }

    public static void state(Db db, long id, String state) {
        if (!STATES.contains(state)) throw Failure.bad("state", "未知的状态：" + state);
        Row workflow = find(db, Long.toString(id));
        if (workflow.text("state").equals("old")) throw Failure.conflict("old_version", "旧版本不能改变状态");
        if (state.equals("old")) throw Failure.conflict("old_version", "只有另存新版本才产生旧版本");
        db.run("UPDATE wf_workflow SET state = ? WHERE id = ?", state, id);
    }

    /** Requests that run stay on the version they were started with; new ones take the new version. */
    public static long newVersion(Db db, long id) {
        Row from = find(db, Long.toString(id));
        long version = db.count("SELECT max(version_no) FROM wf_workflow WHERE family_id = ?", from.number("family_id")) + 1;
        long to = db.insert("INSERT INTO wf_workflow (family_id, version_no, code, name, category, state, form_id, created_at) VALUES (?, ?, ?, ?, ?, 'valid', ?, ?)",
            from.number("family_id"), version, from.text("code"), from.text("name"), from.text("category"), from.number("form_id"), Times.now());
        for (Row node : nodes(db, id)) {
            long copy = node(db, to, node.text("name"), node.text("kind"), node.number("position"));
            Operators.copy(db, node.number("id"), copy);
        }
        db.run("INSERT INTO wf_start_right (workflow_id, kind, object) SELECT ?, kind, object FROM wf_start_right WHERE workflow_id = ?", to, id);
        db.run("UPDATE wf_workflow SET state = 'old' WHERE family_id = ? AND id <> ?", from.number("family_id"), to);
        return to;
    }

    /** {code, name, category, form: id or absent, fields: [..] for a new form, nodes: [{name, operators: [..]}], start: "all"}. */
    @SuppressWarnings("unchecked")
    public static long define(Db db, Map<String, Object> wanted) {
        String code = String.valueOf(wanted.get("code"));
        if (!code.matches("[a-z][a-z0-9_]{1,30}")) throw Failure.bad("code", "编码只能是小写字母、数字和下划线");
        if (db.count("SELECT count(*) FROM wf_workflow WHERE code = ?", code) > 0) throw Failure.conflict("code", "编码已存在：" + code);
        if (!(wanted.get("nodes") instanceof List<?> nodes) || nodes.isEmpty()) throw Failure.bad("nodes", "至少要有一个审批节点");
        String name = String.valueOf(wanted.getOrDefault("name", code));
        long form = wanted.get("form") instanceof Number n ? n.longValue() : NewForm.create(db, code, name, (List<Map<String, Object>>) wanted.get("fields"));
        long id = db.insert("INSERT INTO wf_workflow (family_id, version_no, code, name, category, state, form_id, created_at) VALUES (0, 1, ?, ?, ?, ?, ?, ?)",
            code, name, String.valueOf(wanted.getOrDefault("category", "其他")), String.valueOf(wanted.getOrDefault("state", "valid")), form, Times.now());
        db.run("UPDATE wf_workflow SET family_id = id WHERE id = ?", id);
        long position = 1;
        node(db, id, "发起", "create", position++);
        for (Object item : nodes) {
            Map<String, Object> wantedNode = (Map<String, Object>) item;
            long node = node(db, id, String.valueOf(wantedNode.get("name")), "approve", position++);
            for (Object operator : (List<Object>) wantedNode.getOrDefault("operators", List.of())) Operators.define(db, node, (Map<String, Object>) operator);
        }
        node(db, id, "归档", "archive", position);
        db.run("INSERT INTO wf_start_right (workflow_id, kind) VALUES (?, 'all')", id);
        return id;
    }

    /** Only a version without requests can go; the one before it comes back into use. */
    public static void remove(Db db, long id) {
        Row workflow = find(db, Long.toString(id));
        if (db.count("SELECT count(*) FROM wf_request WHERE workflow_id = ?", id) > 0) throw Failure.conflict("in_use", "流程已有请求，不能删除");
        db.run("DELETE FROM wf_operator WHERE node_id IN (SELECT id FROM wf_node WHERE workflow_id = ?)", id);
        db.run("DELETE FROM wf_node WHERE workflow_id = ?", id);
        db.run("DELETE FROM wf_start_right WHERE workflow_id = ?", id);
        db.run("DELETE FROM wf_workflow WHERE id = ?", id);
        if (!workflow.text("state").equals("old"))
            db.run("UPDATE wf_workflow SET state = ? WHERE id = (SELECT id FROM wf_workflow WHERE family_id = ? ORDER BY version_no DESC LIMIT 1)",
                workflow.text("state"), workflow.number("family_id"));
        NewForm.removeUnused(db, workflow.number("form_id"));
    }

    private static long node(Db db, long workflow, String name, String kind, long position) {
        return db.insert("INSERT INTO wf_node (workflow_id, name, kind, position) VALUES (?, ?, ?, ?)", workflow, name, kind, position);
    }
}
