package oa.web;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import oa.base.Db;
import oa.base.Row;
import oa.hr.People;
import oa.workflow.Operators;
import oa.workflow.Workflows;

/** For the administrator: definitions of workflows, and who handles what where. */
public final class AdminApi extends Api {
    private static final long serialVersionUID = 1;

    @Override Object answer(Call call) throws Exception {
        if (call.method.equals("GET")) {
            try (Db db = Db.open()) {
                call.admin(db);
                return read(call, db);
            }
        }
        call.body();
        try (Db db = Db.transaction()) {
            call.admin(db);
            Object answer = change(call, db);
            db.commit();
            return answer;
        }
    }

    private static Object read(Call call, Db db) {
        if (call.is("GET", "admin", "workflows")) return map("workflows", Workflows.all(db));
        if (call.is("GET", "admin", "departments")) return map("departments", People.departments(db));
        if (call.is("GET", "admin", "startable")) return map("people", startable(db));
        if (call.is("GET", "admin", "operators")) {
            Map<String, String> given = call.parameters();
            if (!given.containsKey("node")) return map("items", everyNode(db));
            long node = Long.parseLong(given.get("node")), department = Long.parseLong(call.parameter("department"));
            long creator = given.containsKey("creator") ? People.byLogin(db, given.get("creator")).id() : 0;
            return map("node", node, "department", department, "via", Operators.via(db, node), "operators", people(db, Operators.resolve(db, node, department, creator)));
        }
        return null;
    }

    private static Object change(Call call, Db db) throws Exception {
        if (call.is("POST", "admin", "workflows")) return map("id", Workflows.define(db, call.body()));
        if (call.is("POST", "admin", "workflows", "*", "state")) {
            Workflows.state(db, call.id(2), call.text("state"));
            return map("id", call.id(2), "state", call.text("state"));
        }
        if (call.is("POST", "admin", "workflows", "*", "new-version")) {
            Row made = Workflows.find(db, Long.toString(Workflows.newVersion(db, call.id(2))));
            return map("id", made.number("id"), "version", made.number("version_no"), "state", made.text("state"));
        }
        if (call.is("DELETE", "admin", "workflows", "*")) {
            Workflows.remove(db, call.id(2));
            return map("ok", true);
        }
        return null;
    }

    /** Each node with each department that is in use; people who depend on the creator are left out. */
    private static List<Object> everyNode(Db db) {
        List<Object> items = new ArrayList<>();
        List<Row> departments = db.list("SELECT id FROM hrm_department WHERE canceled = 0 ORDER BY id");
        for (Row node : db.list("SELECT n.id, n.workflow_id FROM wf_node n WHERE n.kind = 'approve' ORDER BY n.id"))
            for (Row department : departments) {
                List<Long> ids = Operators.resolve(db, node.number("id"), department.number("id"), 0);
                items.add(map("workflow", node.number("workflow_id"), "node", node.number("id"), "department", department.number("id"), "operators",
                    people(db, ids).stream().map(row -> row.text("user")).toList()));
            }
        return items;
    }

    private static Map<String, Object> startable(Db db) {
        Map<String, Object> all = map();
        for (Row row : db.list("SELECT login FROM hrm_person WHERE status = 'active' ORDER BY login"))
            all.put(row.text("login"), Workflows.startable(db, People.byLogin(db, row.text("login"))).stream().map(workflow -> workflow.text("code")).toList());
        return all;
    }

    private static List<Row> people(Db db, List<Long> ids) {
        return ids.stream().map(id -> db.one("SELECT id, login AS user, name FROM hrm_person WHERE id = ?", id)).toList();
    }
}
