package oa.base;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** Two kinds of settings: oa.properties (read at start) and table sys_setting (read at every use). */
public final class Settings {
    private static final Properties FILE = new Properties();

    private Settings() {}

    public static void load(Path file) throws IOException {
        FILE.clear();
        try (var reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            FILE.load(reader);
        }
    }

    public static String file(String name, String otherwise) { return FILE.getProperty(name, otherwise); }

    public static int whole(String name, int otherwise) {
        return Integer.parseInt(FILE.getProperty(name, Integer.toString(otherwise)).trim());
    }

    public static String stored(Db db, String name, String otherwise) {
        Row row = db.one("SELECT value FROM sys_setting WHERE name = ?", name);
        return row == null || row.get("value") == null ? otherwise : row.text("value");
    }

    public static boolean on(Db db, String name) { return stored(db, name, "0").equals("1"); }
}
