package oa.form;

import java.util.List;
import java.util.Map;
import oa.base.Db;
import oa.base.Failure;
import oa.base.Json;

/** Makes a form of the new kind with its tables, for workflows defined at run time. */
public final class NewForm {
    private NewForm() {}

    /** fields: [{name, label, type, required, detail}]. */
    public static long create(Db db, String code, String name, List<Map<String, Object>> fields) {
        if (fields == null || fields.isEmpty()) throw Failure.bad("fields", "表单没有字段");
        String main = "form_" + code, detail = main + "_detail";
        StringBuilder mainColumns = new StringBuilder(), detailColumns = new StringBuilder();
        long form = db.insert("INSERT INTO form (name, kind, main_table) VALUES (?, 'new', ?)", name, main);
        int position = 1;
        for (Map<String, Object> field : fields) {
            String column = String.valueOf(field.get("name"));
            if (!column.matches("[a-z][a-z0-9_]{0,30}")) throw Failure.bad("field", "字段名不正确：" + column);
            boolean inDetail = Boolean.TRUE.equals(field.get("detail"));
            (inDetail ? detailColumns : mainColumns).append(", ").append(column).append(" TEXT");
            db.run("INSERT INTO form_field (form_id, name, label, in_detail, type, required, position) VALUES (?, ?, ?, ?, ?, ?, ?)", form, column,
                String.valueOf(field.getOrDefault("label", column)), inDetail ? 1 : 0, String.valueOf(field.getOrDefault("type", "text")),
                Boolean.TRUE.equals(field.get("required")) ? 1 : 0, position++);
        }
        db.run("CREATE TABLE " + main + " (request_id INTEGER PRIMARY KEY" + mainColumns + ")");
        if (detailColumns.length() > 0) {
            db.run("CREATE TABLE " + detail + " (id INTEGER PRIMARY KEY, request_id INTEGER NOT NULL, line INTEGER NOT NULL" + detailColumns + ")");
            db.run("UPDATE form SET detail_table = ? WHERE id = ?", detail, form);
        }
        db.run("UPDATE form SET layout = ? WHERE id = ?", Json.write(Map.of("columns", 2)), form);
        return form;
    }

    public static void removeUnused(Db db, long form) {
        if (db.count("SELECT count(*) FROM wf_workflow WHERE form_id = ?", form) > 0) return;
        var row = FormData.form(db, form);
        db.run("DROP TABLE " + row.text("main_table"));
        if (!row.empty("detail_table")) db.run("DROP TABLE " + row.text("detail_table"));
        for (String table : List.of("form_field", "form_field_sql", "form_linkage")) db.run("DELETE FROM " + table + " WHERE form_id = ?", form);
        db.run("DELETE FROM form WHERE id = ?", form);
    }
}
