package oa.web;

import oa.Build;
import oa.base.Db;
import oa.base.Labels;
import oa.base.Licence;
import oa.base.Row;
import oa.hr.Person;

/** Log in and out; state, version and licence of the system. */
public final class SystemApi extends Api {
    private static final long serialVersionUID = 1;

    @Override Object answer(Call call) throws Exception {
        if (call.is("GET", "health")) return health();
        if (call.is("POST", "logout")) {
            Sessions.logout(call.request);
            return map("ok", true);
        }
        try (Db db = Db.open()) {
            if (call.is("POST", "login")) {
                Person person = Sessions.login(db, call.request, call.text("user"), call.text("password"));
                return map("user", person.login(), "name", person.name(), "department", person.department());
            }
            if (call.is("GET", "me")) {
                Person person = call.person(db);
                return map("user", person.login(), "name", person.name(), "department", person.department(), "departmentId", person.departmentId(), "admin", person.admin());
            }
            if (call.is("GET", "version")) return version(db);
            if (call.is("GET", "licence")) {
                Licence licence = Licence.read(db);
                return map("customer", licence.customer, "major", licence.major, "users", licence.users, "expires", licence.expires, "valid", licence.valid(), "problem", licence.problem);
            }
        }
        return null;
    }

    /** Version and build come from the code that runs, not from the database: they prove which program serves. */
    private static Object health() {
        String database = "ok", problem = App.problem();
        try (Db db = Db.open()) {
            db.count("SELECT count(*) FROM sys_setting");
        } catch (RuntimeException e) {
            database = e.getMessage();
        }
        boolean good = database.equals("ok") && problem.isEmpty();
        return map("status", good ? "ok" : "error", "version", Build.version(), "build", Build.id(), "started", App.started(), "database", database, "labels", Labels.size(), "problem", problem);
    }

    private static Object version(Db db) {
        Row row = db.one("SELECT version FROM sys_version ORDER BY rowid DESC LIMIT 1");
        return map("version", row == null ? "" : row.text("version"), "packages", db.list("SELECT id, kind, version, applied_at FROM sys_package ORDER BY applied_at, id"),
            "scripts", db.count("SELECT count(*) FROM sys_script"));
    }
}
