package oa.base;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON with plain Java values: Map, List, String, Long, Double, Boolean, null. */
public final class Json {
    private final String text;
    private int at;

    private Json(String text) { this.text = text; }

    public static Object parse(String text) {
        Json json = new Json(text);
        Object value = json.value();
        json.blank();
        if (json.at != text.length()) throw json.wrong();
        return value;
    }

    @SuppressWarnings("unchecked")
    public static Map<String, Object> object(String text) {
        if (parse(text) instanceof Map<?, ?> map) return (Map<String, Object>) map;
        throw Failure.bad("json", "JSON object expected");
    }

    public static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value);
        return out.toString();
    }

    private static void write(StringBuilder out, Object value) {
        if (value == null || value instanceof Number || value instanceof Boolean) {
            out.append(value);
        } else if (value instanceof Map<?, ?> map) {
            String comma = "{";
            if (map.isEmpty()) out.append('{');
            for (var entry : map.entrySet()) {
                out.append(comma);
                string(out, entry.getKey().toString());
                out.append(':');
                write(out, entry.getValue());
                comma = ",";
            }
            out.append('}');
        } else if (value instanceof Iterable<?> items) {
            out.append('[');
            String comma = "";
            for (Object item : items) {
                out.append(comma);
                write(out, item);
                comma = ",";
            }
            out.append(']');
        } else {
            string(out, value.toString());
        }
    }

    private static void string(StringBuilder out, String value) {
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') out.append('\\').append(c);
            else if (c < 32) out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        out.append('"');
    }

    private Object value() {
        blank();
        if (at >= text.length()) throw wrong();
        char c = text.charAt(at);
        if (c == '{') return members();
        if (c == '[') return items();
        if (c == '"') return string();
        for (String word : List.of("true", "false", "null")) {
            if (text.startsWith(word, at)) {
                at += word.length();
                return word.equals("null") ? null : Boolean.valueOf(word);
            }
        }
        int from = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) at++;
        String number = text.substring(from, at);
        try {
            if (number.matches("-?\\d+")) return Long.valueOf(number);
            return Double.valueOf(number);
        } catch (NumberFormatException e) {
            throw wrong();
        }
    }

    private Map<String, Object> members() {
        Map<String, Object> map = new LinkedHashMap<>();
        at++;
        if (skip('}')) return map;
        do {
            blank();
            String name = string();
            if (!skip(':')) throw wrong();
            map.put(name, value());
        } while (skip(','));
        if (!skip('}')) throw wrong();
        return map;
    }

    private List<Object> items() {
        List<Object> list = new ArrayList<>();
        at++;
        if (skip(']')) return list;
        do list.add(value()); while (skip(','));
        if (!skip(']')) throw wrong();
        return list;
    }

    private String string() {
        if (at >= text.length() || text.charAt(at) != '"') throw wrong();
        StringBuilder out = new StringBuilder();
        for (at++; at < text.length() && text.charAt(at) != '"'; at++) {
            char c = text.charAt(at);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            if (++at >= text.length()) throw wrong();
            switch (text.charAt(at)) {
                case 'n' -> out.append('\n');
                case 't' -> out.append('\t');
                case 'r' -> out.append('\r');
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'u' -> {
                    if (at + 4 >= text.length()) throw wrong();
                    try {
                        out.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16));
                    } catch (NumberFormatException e) {
                        throw wrong();
                    }
                    at += 4;
                }
                default -> out.append(text.charAt(at));
            }
        }
        if (at >= text.length()) throw wrong();
        at++;
        return out.toString();
    }

    private boolean skip(char c) {
        blank();
        if (at >= text.length() || text.charAt(at) != c) return false;
        at++;
        return true;
    }

    private void blank() { while (at < text.length() && text.charAt(at) <= ' ') at++; }
    private Failure wrong() { return Failure.bad("json", "bad JSON at character " + at); }
}
