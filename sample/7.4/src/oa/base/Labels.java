package oa.base;

import java.util.HashMap;
import java.util.Map;

/**
 * The texts of all pages, read once at start. A label that a script adds later is unknown to the running
 * process: its pages show the text NULL until the next restart.
 */
public final class Labels {
    private static volatile Map<String, String> texts = Map.of();

    private Labels() {}

    public static void load(Db db) {
        Map<String, String> read = new HashMap<>();
        for (Row row : db.list("SELECT code, text FROM sys_label WHERE language = 'zh'")) read.put(row.text("code"), row.text("text"));
        texts = Map.copyOf(read);
    }

    public static String text(String code) { return texts.getOrDefault(code, "NULL"); }
    public static int size() { return texts.size(); }
}
