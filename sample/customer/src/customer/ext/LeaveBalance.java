package customer.ext;

import oa.base.Db;
import oa.base.Row;
import oa.util.Text;

/** The customer's own: days of leave that are left, and a line for the time clock, which wants GBK. */
public final class LeaveBalance {
    private LeaveBalance() {}

    public static String days(Db db, String login) {
        Row row = db.one("SELECT b.days FROM cus_leave_balance b JOIN hrm_person p ON p.id = b.person_id WHERE p.login = ?", login);
        return row == null ? "0" : row.text("days");
    }

    /** Calls a method that 8.0 no longer has: fails there when it is reached, not when the class is loaded. */
    public static byte[] clockLine(Db db, String login) { return Text.toGbk(login + "|剩余" + days(db, login) + "天"); }
}
