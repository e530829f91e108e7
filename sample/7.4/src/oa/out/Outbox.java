package oa.out;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.List;
import java.util.logging.Logger;
import oa.base.Db;
import oa.base.Json;
import oa.base.Row;
import oa.base.Settings;
import oa.base.Times;
import oa.form.FormData;

/**
 * Everything that leaves the system waits in a table first: a request never waits for a mail server or for
 * another system, and while a switch is off (mail.enabled, interface.enabled) nothing is lost.
 */
public final class Outbox {
    private static final Logger LOG = Logger.getLogger("oa.out");
    private static final int BATCH = 50, ATTEMPTS = 12, WAIT = 5000;

    private Outbox() {}

    /** About a request: removed with it, so that nobody gets a link that leads nowhere. */
    public static void mail(Db db, Long request, long person, String subject, String body) {
        Row row = db.one("SELECT email FROM hrm_person WHERE id = ?", person);
        if (row == null || row.empty("email")) return;
        String now = Times.now();
        db.run("INSERT INTO mail_outbox (request_id, recipient, subject, body, state, created_at, next_try) VALUES (?, ?, ?, ?, 'waiting', ?, ?)", request, row.text("email"), subject, body, now, now);
    }

    public static void archived(Db db, long request) {
        Row row = db.one("SELECT r.id, r.title, r.archived_at, w.code AS workflow, w.form_id, p.login AS creator FROM wf_request r"
            + " JOIN wf_workflow w ON w.id = r.workflow_id JOIN hrm_person p ON p.id = r.creator_id WHERE r.id = ?", request);
        Row payload = new Row();
        for (String name : List.of("id", "workflow", "title", "creator", "archived_at")) payload.put(name, row.get(name));
        payload.put("fields", FormData.main(db, row.number("form_id"), request));
        payload.put("detail", FormData.detail(db, row.number("form_id"), request));
        String now = Times.now();
        db.run("INSERT INTO interface_outbox (request_id, payload, state, created_at, next_try) VALUES (?, ?, 'waiting', ?, ?)", request, Json.write(payload), now, now);
    }

    static String flushMail() {
        Row to;
        try (Db db = Db.open()) {
            if (!Settings.on(db, "mail.enabled")) return "off";
            to = target(db, "mail.host", "mail.port", "mail.from");
        }
        return flush("mail_outbox", row -> Smtp.send(to.text("mail.host"), (int) to.number("mail.port"), to.text("mail.from"),
            row.text("recipient"), row.text("subject"), row.text("body")));
    }

    static String flushInterface() {
        Row to;
        try (Db db = Db.open()) {
            if (!Settings.on(db, "interface.enabled")) return "off";
            to = target(db, "interface.url");
        }
        return flush("interface_outbox", row -> post(to.text("interface.url"), row.text("payload")));
    }

    private interface Sender { void send(Row row) throws IOException; }

    /** Each row is sent outside any transaction; what became of it is written at once. */
    private static String flush(String table, Sender sender) {
        List<Row> rows;
        try (Db db = Db.open()) {
            rows = db.list("SELECT * FROM " + table + " WHERE state = 'waiting' AND next_try <= ? ORDER BY id LIMIT " + BATCH, Times.now());
        }
        int sent = 0;
        for (Row row : rows) {
            try {
                sender.send(row);
                mark("UPDATE " + table + " SET state = 'sent', attempts = attempts + 1, sent_at = ?, last_error = NULL WHERE id = ?", Times.now(), row.number("id"));
                sent++;
            } catch (IOException | RuntimeException e) {
                long attempts = row.number("attempts") + 1;
                // 10 s, 20 s, 40 s ... at most an hour.
                String next = Times.text(LocalDateTime.now().plusSeconds(Math.min(3600, 5L << Math.min(attempts, 20))));
                mark("UPDATE " + table + " SET state = ?, attempts = ?, next_try = ?, last_error = ? WHERE id = ?",
                    attempts >= ATTEMPTS ? "failed" : "waiting", attempts, next, String.valueOf(e.getMessage()), row.number("id"));
                LOG.warning(table + " " + row.number("id") + " not sent: " + e.getMessage());
                break; // The other side is away: the rest of the batch would fail alike.
            }
        }
        return "sent " + sent + " of " + rows.size();
    }

    private static void mark(String sql, Object... arguments) {
        try (Db db = Db.open()) {
            db.run(sql, arguments);
        }
    }

    private static void post(String url, String payload) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) new URL(url).openConnection();
        connection.setConnectTimeout(WAIT);
        connection.setReadTimeout(WAIT);
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setRequestProperty("Content-Type", "application/json; charset=UTF-8");
        try (var out = connection.getOutputStream()) {
            out.write(payload.getBytes(StandardCharsets.UTF_8));
        }
        int status = connection.getResponseCode();
        connection.disconnect();
        if (status / 100 != 2) throw new IOException("HTTP " + status);
    }

    private static Row target(Db db, String... names) {
        Row row = new Row();
        for (String name : names) row.put(name, Settings.stored(db, name, ""));
        return row;
    }
}
