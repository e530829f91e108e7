package oa.base;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;

/** Times are kept as local text, as office software of this age does; they sort as they read. */
public final class Times {
    private static final DateTimeFormatter FORM = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

    private Times() {}

    public static String now() { return LocalDateTime.now().format(FORM); }
    public static String text(LocalDateTime time) { return time.format(FORM); }
    public static LocalDateTime parse(String text) { return LocalDateTime.parse(text, FORM); }
}
