package oa.hr;

import java.util.List;
import oa.base.Db;
import oa.base.Failure;
import oa.base.Row;

/** People, roles and departments. */
public final class People {
    private People() {}

    private static final String SELECT = "SELECT p.id, p.login, p.name, p.department_id, d.name AS department,"
        + " EXISTS (SELECT 1 FROM hrm_role_member m JOIN hrm_role r ON r.id = m.role_id WHERE r.code = 'admin' AND m.person_id = p.id) AS admin"
        + " FROM hrm_person p JOIN hrm_department d ON d.id = p.department_id WHERE ";

    public static Person byLogin(Db db, String login) { return person(db.one(SELECT + "p.login = ?", login), login); }
    public static Person byId(Db db, long id) { return person(db.one(SELECT + "p.id = ?", id), Long.toString(id)); }

    private static Person person(Row row, String who) {
        if (row == null) throw Failure.missing("人员 " + who);
        return new Person(row.number("id"), row.text("login"), row.text("name"), row.number("department_id"), row.text("department"), row.number("admin") == 1);
    }

    public static boolean hasRole(Db db, long person, String role) {
        return db.count("SELECT count(*) FROM hrm_role_member m JOIN hrm_role r ON r.id = m.role_id WHERE r.code = ? AND m.person_id = ?", role, person) > 0;
    }

    public static List<Row> departments(Db db) {
        return db.list("SELECT d.id, d.name, b.name AS branch, d.canceled, (SELECT count(*) FROM hrm_person p WHERE p.department_id = d.id) AS people"
            + " FROM hrm_department d JOIN hrm_branch b ON b.id = d.branch_id ORDER BY d.id");
    }

    public static List<Row> ofDepartment(Db db, long department) {
        return db.list("SELECT id, login, name, title, mobile AS phone, email FROM hrm_person WHERE department_id = ? AND status = 'active' ORDER BY id", department);
    }
}
