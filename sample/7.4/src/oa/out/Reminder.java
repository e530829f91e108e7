package oa.out;

import java.time.LocalDateTime;
import oa.base.Db;
import oa.base.Row;
import oa.base.Times;

/** One mail a day to everybody whose requests have been waiting for more than three days. */
final class Reminder {
    private static final int DAYS = 3;

    private Reminder() {}

    static String run() {
        int people = 0;
        try (Db db = Db.transaction()) {
            String before = Times.text(LocalDateTime.now().minusDays(DAYS));
            for (Row row : db.list("SELECT person_id, count(*) AS waiting FROM wf_current_operator WHERE state = 'todo' AND received_at < ? GROUP BY person_id ORDER BY person_id", before)) {
                Outbox.mail(db, null, row.number("person_id"), "[OA] 待办提醒", "您有 " + row.text("waiting") + " 件待办已超过 " + DAYS + " 天。");
                people++;
            }
            db.commit();
        }
        return "reminded " + people;
    }
}
