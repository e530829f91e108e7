package oa.util;

import java.nio.charset.Charset;

/** Text helpers of pages and of customers' own code. */
public final class Text {
    private Text() {}

    public static String html(Object value) {
        if (value == null) return "";
        return value.toString().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    /** Bytes as older interfaces want them. */
    public static byte[] toGbk(String text) { return text.getBytes(Charset.forName("GBK")); }
}
