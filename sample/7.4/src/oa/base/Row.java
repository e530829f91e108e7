package oa.base;

import java.util.LinkedHashMap;

/** One row of a query: column name to value, in the order of the query. */
public final class Row extends LinkedHashMap<String, Object> {
    private static final long serialVersionUID = 1;

    public String text(String column) {
        Object value = get(column);
        return value == null ? "" : value.toString();
    }

    public long number(String column) {
        Object value = get(column);
        if (value instanceof Number n) return n.longValue();
        return value == null || value.toString().isBlank() ? 0 : Long.parseLong(value.toString().trim());
    }

    public boolean empty(String column) { return text(column).isBlank(); }
}
