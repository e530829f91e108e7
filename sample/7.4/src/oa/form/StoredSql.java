package oa.form;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import oa.base.Db;
import oa.base.Failure;
import oa.base.Row;

/** SQL kept in the database, with $name$ for values of the page. Values are bound, never pasted in. */
final class StoredSql {
    private static final Pattern NAME = Pattern.compile("\\$([a-z][a-z0-9_]*)\\$");

    private StoredSql() {}

    /** The first row, or null when the statement finds nothing. */
    static Row first(Db db, String sql, Map<String, String> values) {
        List<Object> arguments = new ArrayList<>();
        Matcher matcher = NAME.matcher(sql);
        while (matcher.find()) {
            String value = values.get(matcher.group(1));
            if (value == null) throw Failure.bad("parameter", "缺少参数：" + matcher.group(1));
            arguments.add(value);
        }
        try {
            return db.one(matcher.replaceAll("?"), arguments.toArray());
        } catch (IllegalStateException e) {
            throw new Failure(500, "form_sql", "表单取数语句出错：" + e.getMessage());
        }
    }

    static List<String> parameters(String sql) { return NAME.matcher(sql).results().map(m -> m.group(1)).distinct().toList(); }
}
