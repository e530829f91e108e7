package oa.form;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import oa.base.Db;
import oa.base.Failure;
import oa.base.Row;

/** What people filled in: one row in the form's main table, any number in its detail table. */
public final class FormData {
    private FormData() {}

    public static Row form(Db db, long id) {
        Row row = db.one("SELECT * FROM form WHERE id = ?", id);
        if (row == null) throw Failure.missing("表单 " + id);
        return row;
    }

    public static List<Row> fields(Db db, long form, boolean detail) {
        return db.list("SELECT name, label, type, options, required FROM form_field WHERE form_id = ? AND in_detail = ? ORDER BY position", form, detail ? 1 : 0);
    }

    public static void write(Db db, long formId, long request, Map<String, Object> values, List<Map<String, Object>> detail) {
        Row form = form(db, formId);
        insert(db, form.text("main_table"), request, -1, fields(db, formId, false), values);
        if (form.empty("detail_table")) return;
        int line = 1;
        for (Map<String, Object> row : detail) insert(db, form.text("detail_table"), request, line++, fields(db, formId, true), row);
    }

    public static Row main(Db db, long formId, long request) {
        return db.one("SELECT * FROM " + form(db, formId).text("main_table") + " WHERE request_id = ?", request);
    }

    public static List<Row> detail(Db db, long formId, long request) {
        Row form = form(db, formId);
        if (form.empty("detail_table")) return List.of();
        return db.list("SELECT * FROM " + form.text("detail_table") + " WHERE request_id = ? ORDER BY line", request);
    }

    public static void remove(Db db, long formId, long request) {
        Row form = form(db, formId);
        db.run("DELETE FROM " + form.text("main_table") + " WHERE request_id = ?", request);
        if (!form.empty("detail_table")) db.run("DELETE FROM " + form.text("detail_table") + " WHERE request_id = ?", request);
    }

    private static void insert(Db db, String table, long request, int line, List<Row> fields, Map<String, Object> values) {
        List<Object> arguments = new ArrayList<>(List.of(request));
        StringBuilder columns = new StringBuilder("request_id"), marks = new StringBuilder("?");
        if (line > 0) {
            columns.append(", line");
            marks.append(", ?");
            arguments.add(line);
        }
        for (Row field : fields) {
            Object value = values.get(field.text("name"));
            if (field.number("required") == 1 && (value == null || value.toString().isBlank()))
                throw Failure.bad("required", "请填写：" + field.text("label"));
            columns.append(", ").append(field.text("name"));
            marks.append(", ?");
            arguments.add(value == null ? null : value.toString());
        }
        db.run("INSERT INTO " + table + " (" + columns + ") VALUES (" + marks + ")", arguments.toArray());
    }
}
