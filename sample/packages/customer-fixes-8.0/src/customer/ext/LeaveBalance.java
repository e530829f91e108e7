package customer.ext;

import java.nio.charset.Charset;
import oa.base.Db;
import oa.base.Row;

/** The customer's own: days of leave that are left, and a line for the time clock, which wants GBK. Adapted to 8.0. */
public final class LeaveBalance {
    private static final Charset CLOCK = Charset.forName("GBK");

    private LeaveBalance() {}

    public static String days(Db db, String login) {
        Row row = db.one("SELECT b.days FROM cus_leave_balance b JOIN hrm_person p ON p.id = b.person_id WHERE p.login = ?", login);
        return row == null ? "0" : row.text("days");
    }

    /** 8.0 has no Text.toGbk() any more. */
    public static byte[] clockLine(Db db, String login) { return (login + "|剩余" + days(db, login) + "天").getBytes(CLOCK); }
}
