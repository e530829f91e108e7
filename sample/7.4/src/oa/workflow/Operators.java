package oa.workflow;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import oa.base.Db;
import oa.base.Failure;
import oa.base.Row;
import oa.hr.DepartmentFields;

/** Who handles a node: computed when a request arrives there, from the department and the person it comes from. */
public final class Operators {
    private Operators() {}

    /** Person ids in ascending order. creator may be 0: then operators that depend on a person give nobody. */
    public static List<Long> resolve(Db db, long node, long department, long creator) {
        TreeSet<Long> people = new TreeSet<>();
        for (Row row : db.list("SELECT kind, object FROM wf_operator WHERE node_id = ? ORDER BY id", node)) {
            switch (row.text("kind")) {
                case "person" -> people.add(row.number("object"));
                case "role" -> add(people, db.list("SELECT person_id AS id FROM hrm_role_member WHERE role_id = ?", row.number("object")));
                case "manager" -> add(people, db.list("SELECT manager_id AS id FROM hrm_person WHERE id = ? AND manager_id IS NOT NULL", creator));
                case "department_field" -> people.addAll(DepartmentFields.ofDepartment(db, department, row.text("object")));
                case "branch_field" -> people.addAll(DepartmentFields.ofBranch(db, branch(db, department), row.text("object")));
                default -> throw Failure.conflict("operator_kind", "未知的操作者类型：" + row.text("kind"));
            }
        }
        return active(db, people);
    }

    /** How the operators of a node are found, for administrators: the kinds, by comma. */
    public static String via(Db db, long node) {
        return db.one("SELECT coalesce(group_concat(DISTINCT kind), '') AS kinds FROM wf_operator WHERE node_id = ?", node).text("kinds");
    }

    public static void define(Db db, long node, Map<String, Object> operator) {
        String kind = String.valueOf(operator.get("kind"));
        Object object = switch (kind) {
            case "person" -> idOf(db, "SELECT id FROM hrm_person WHERE login = ?", operator.get("user"));
            case "role" -> idOf(db, "SELECT id FROM hrm_role WHERE code = ?", operator.get("role"));
            case "manager" -> null;
            case "department_field", "branch_field" -> operator.get("field");
            default -> throw Failure.bad("operator_kind", "未知的操作者类型：" + kind);
        };
        db.run("INSERT INTO wf_operator (node_id, kind, object) VALUES (?, ?, ?)", node, kind, object);
    }

    public static void copy(Db db, long from, long to) {
        db.run("INSERT INTO wf_operator (node_id, kind, object) SELECT ?, kind, object FROM wf_operator WHERE node_id = ? ORDER BY id", to, from);
    }

    private static long branch(Db db, long department) { return db.count("SELECT branch_id FROM hrm_department WHERE id = ?", department); }

    private static void add(TreeSet<Long> people, List<Row> rows) { for (Row row : rows) people.add(row.number("id")); }

    private static List<Long> active(Db db, TreeSet<Long> people) {
        return people.stream().filter(id -> db.count("SELECT count(*) FROM hrm_person WHERE id = ? AND status = 'active'", id) == 1).toList();
    }

    private static long idOf(Db db, String sql, Object name) {
        Row row = db.one(sql, name);
        if (row == null) throw Failure.missing(String.valueOf(name));
        return row.number("id");
    }
}
