package oa.util;

/** Text helpers of pages and of customers' own code. */
public final class Text {
    private Text() {}

    public static String html(Object value) {
        if (value == null) return "";
        return value.toString().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
