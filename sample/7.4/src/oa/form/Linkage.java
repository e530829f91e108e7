package oa.form;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import oa.base.Db;
import oa.base.Failure;
import oa.base.Row;

/** Linkage: choosing a value in one field fills the fields that depend on it. */
public final class Linkage {
    private Linkage() {}

    public static Map<String, String> fill(Db db, long form, String field, Map<String, String> values) {
        Row rule = db.one("SELECT target_fields, sql_text FROM form_linkage WHERE form_id = ? AND trigger_field = ?", form, field);
        if (rule == null) throw Failure.missing("联动规则 " + field);
        Row found = StoredSql.first(db, rule.text("sql_text"), values);
        String[] targets = rule.text("target_fields").split(",");
        List<Object> columns = found == null ? List.of() : new ArrayList<>(found.values());
        Map<String, String> filled = new LinkedHashMap<>();
        for (int i = 0; i < targets.length; i++) {
            Object value = i < columns.size() ? columns.get(i) : null;
            filled.put(targets[i].trim(), value == null ? "" : value.toString());
        }
        return filled;
    }

    public static List<String> triggers(Db db, long form) {
        return db.list("SELECT trigger_field FROM form_linkage WHERE form_id = ? ORDER BY id", form).stream().map(row -> row.text("trigger_field")).toList();
    }
}
