import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Random;
import oa.base.Db;
import oa.base.Times;

/**
 * Fills the customer's database: java Seed ROOT DAY. The same day gives the same data; the passwords
 * are in README.md. Requests lie within the 540 days before DAY.
 */
public final class Seed {
    public static void main(String[] argument) throws Exception {
        Path data = Path.of(argument[0]).toAbsolutePath().normalize().resolve("data");
        LocalDateTime today = LocalDate.parse(argument[1]).atTime(7, 0);
        Random random = new Random(20240501);
        Db.start(data.resolve("oa.db").toString());
        try (Db db = Db.transaction()) {
            String past = Times.text(today.minusDays(900));
            db.run("INSERT INTO sys_version VALUES ('7.4.0', ?)", past);
            db.run("INSERT INTO sys_package VALUES ('base-7.4', '标准版 7.4', 'base', '7.4.0', ?)", past);
            db.run("INSERT INTO sys_script VALUES ('700_base.sql', 'base-7.4', ?)", past);
            db.run("UPDATE sys_setting SET value = ? WHERE name = 'filesystem.path'", data.resolve("filesystem").toString());
            new Organisation(db, random, past).create();
            stock(db);
            List<Forms.Workflow> workflows = Forms.create(db, data.resolve("templates").toString(), past);
            new Requests(db, random, today, data.resolve("filesystem")).create(workflows);
            modules(db, random, today);
            for (String table : List.of("sys_package", "sys_script")) db.run("UPDATE " + table + " SET applied_at = ?", past);
            db.commit();
        }
        Db.stop();
    }

    private static void stock(Db db) {
        String[][] items = {{"P01", "台式电脑", "4200"}, {"P02", "显示器", "980"}, {"P03", "打印机", "1500"}, {"P04", "办公桌", "760"}, {"S01", "签字笔", "3"}, {"S02", "打印纸", "22"}, {"S03", "文件夹", "8"}};
        for (String[] item : items) db.run("INSERT INTO stock_item VALUES (?, ?, ?, ?)", item[0], item[1], item[2], "供应商" + item[0]);
        for (int i = 1; i <= Organisation.DEPARTMENTS; i++) db.run("INSERT INTO finance_cost_center VALUES (?, ?, ?)", String.format("C%02d", i), i, "成本中心" + i);
    }

    /** What the other modules have been used for, and who logged in. */
    private static void modules(Db db, Random random, LocalDateTime today) {
        for (int i = 0; i < 120; i++)
            db.run("INSERT INTO doc_document (title, body, author_id, created_at, reads) VALUES (?, ?, ?, ?, ?)", "文档 " + (i + 1), "正文", someone(random), Times.text(today.minusDays(360 - 3 * i)), random.nextInt(200));
        for (int i = 0; i < 12; i++) db.run("INSERT INTO portal_notice (title, body, created_at) VALUES (?, ?, ?)", "公告 " + (i + 1), "内容", Times.text(today.minusDays(130 - 10 * i)));
        for (int i = 0; i < 150; i++) {
            LocalDateTime start = today.minusDays(150 - i).withHour(9 + random.nextInt(8));
            db.run("INSERT INTO meeting_booking (room, title, person_id, starts_at, ends_at) VALUES (?, ?, ?, ?, ?)", new String[] {"一号会议室", "二号会议室", "三号会议室"}[random.nextInt(3)], "会议 " + (i + 1), someone(random), Times.text(start), Times.text(start.plusHours(1)));
        }
        for (int i = 1; i <= Organisation.BRANCHES; i++) db.run("INSERT INTO seal (id, name, branch_id) VALUES (?, ?, ?)", i, "公章" + i, i);
        for (int i = 0; i < 90; i++)
            db.run("INSERT INTO seal_record (seal_id, person_id, used_at, purpose) VALUES (?, ?, ?, ?)", 1 + random.nextInt(Organisation.BRANCHES), someone(random), Times.text(today.minusDays(180 - 2 * i)), "合同盖章");
        for (int i = 0; i < 1200; i++)
            db.run("INSERT INTO sys_login_log (login, at, result) VALUES (?, ?, ?)", String.format("u%03d", someone(random)), Times.text(today.minusMinutes((1200 - i) * 60L + random.nextInt(50))), random.nextInt(30) == 0 ? "wrong" : "ok");
        for (int i = 0; i < 200; i++) {
            String at = Times.text(today.minusHours(400 - 2L * i));
            db.run("INSERT INTO mail_outbox (recipient, subject, body, state, attempts, created_at, next_try, sent_at) VALUES (?, ?, '请处理', 'sent', 1, ?, ?, ?)", String.format("u%03d@example.invalid", someone(random)), "[OA] 待办：" + (i + 1), at, at, at);
        }
    }

    private static int someone(Random random) { return 1 + random.nextInt(Organisation.PEOPLE); }
}
