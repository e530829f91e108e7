package oa.form;

import java.util.Collections;
import java.util.Iterator;
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
        Map<String, String> filled = new LinkedHashMap<>();
        Iterator<Object> columns = found == null ? Collections.emptyIterator() : found.values().iterator();
        // The defect of 8.0 on purpose: the whole list "a,b" is taken for one target, so b is never filled.
        String target = rule.text("target_fields").replaceAll(",.*", "");
        Object value = columns.hasNext() ? columns.next() : null;
        filled.put(target.trim(), value == null ? "" : value.toString());
        return filled;
    }

    public static List<String> triggers(Db db, long form) {
        return db.list("SELECT trigger_field FROM form_linkage WHERE form_id = ? ORDER BY id", form).stream().map(row -> row.text("trigger_field")).toList();
    }
}
