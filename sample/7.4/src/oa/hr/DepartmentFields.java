package oa.hr;

import java.util.ArrayList;
import java.util.List;
import oa.base.Db;
import oa.base.Failure;
import oa.base.Row;

/** User-defined fields of departments and branches: each holds people, as ids separated by commas. */
public final class DepartmentFields {
    private DepartmentFields() {}

    public static List<Long> ofDepartment(Db db, long department, String field) {
        check(db, "department", field);
        return ids(db.one("SELECT " + field + " AS people FROM hrm_department_defined WHERE department_id = ?", department));
    }

    public static List<Long> ofBranch(Db db, long branch, String field) {
        check(db, "branch", field);
        return ids(db.one("SELECT " + field + " AS people FROM hrm_branch_defined WHERE branch_id = ?", branch));
    }

    public static List<Row> fields(Db db, String scope) {
        return db.list("SELECT field, label FROM hrm_defined_field WHERE scope = ? ORDER BY position", scope);
    }

    /** The field becomes part of a statement: only names that are defined may pass. */
    private static void check(Db db, String scope, String field) {
        if (db.count("SELECT count(*) FROM hrm_defined_field WHERE scope = ? AND field = ?", scope, field) == 0)
            throw Failure.bad("field", "没有这个自定义字段：" + field);
    }

    private static List<Long> ids(Row row) {
        List<Long> people = new ArrayList<>();
        if (row == null) return people;
        for (String id : row.text("people").split(",")) if (!id.isBlank()) people.add(Long.valueOf(id.trim()));
        return people;
    }
}
