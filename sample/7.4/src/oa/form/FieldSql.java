package oa.form;

import java.util.List;
import java.util.Map;
import oa.base.Db;
import oa.base.Failure;
import oa.base.Row;

/** Fields that fetch their value by SQL. */
public final class FieldSql {
    private FieldSql() {}

    public static String fetch(Db db, long form, String field, Map<String, String> values) {
        Row rule = db.one("SELECT sql_text FROM form_field_sql WHERE form_id = ? AND field = ?", form, field);
        if (rule == null) throw Failure.missing("取数字段 " + field);
        Row row = StoredSql.first(db, rule.text("sql_text"), values);
        Object value = row == null ? null : row.values().iterator().next();
        return value == null ? "" : value.toString();
    }

    /** Fields of the form that fetch, each with the page fields it needs. */
    public static Row rules(Db db, long form) {
        Row rules = new Row();
        for (Row row : db.list("SELECT field, sql_text FROM form_field_sql WHERE form_id = ? ORDER BY id", form)) {
            List<String> needs = StoredSql.parameters(row.text("sql_text")).stream().filter(name -> !name.equals("user")).toList();
            rules.put(row.text("field"), needs);
        }
        return rules;
    }
}
