package oa.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import oa.base.Db;
import oa.base.Failure;
import oa.base.Licence;
import oa.base.Password;
import oa.base.Row;
import oa.base.Settings;
import oa.base.Times;
import oa.hr.People;
import oa.hr.Person;

/** Log in, out, and who is in. The session holds only the login name, so that changes of a person count at once. */
public final class Sessions {
    private static final String LOGIN = "login";

    private Sessions() {}

    public static Person login(Db db, HttpServletRequest request, String login, String password) {
        Licence licence = Licence.read(db);
        if (!licence.valid()) {
            log(db, login, "licence");
            throw new Failure(403, "licence", licence.problem);
        }
        Row row = db.one("SELECT password_hash FROM hrm_person WHERE login = ? AND status = 'active'", login);
        if (row == null || !Password.fits(password, row.text("password_hash"))) {
            log(db, login, "wrong");
            throw new Failure(401, "password", "用户名或密码不正确");
        }
        log(db, login, "ok");
        HttpSession old = request.getSession(false);
        if (old != null) old.invalidate(); // A session id from before the login must not carry over.
        HttpSession session = request.getSession(true);
        session.setMaxInactiveInterval(60 * Settings.whole("session.minutes", 30));
        session.setAttribute(LOGIN, login);
        return People.byLogin(db, login);
    }

    public static void logout(HttpServletRequest request) {
        HttpSession session = request.getSession(false);
        if (session != null) session.invalidate();
    }

    /** Null when nobody is logged in. */
    public static Person person(Db db, HttpServletRequest request) {
        HttpSession session = request.getSession(false);
        Object login = session == null ? null : session.getAttribute(LOGIN);
        return login == null ? null : People.byLogin(db, login.toString());
    }

    private static void log(Db db, String login, String result) {
        db.run("INSERT INTO sys_login_log (login, at, result) VALUES (?, ?, ?)", login, Times.now(), result);
    }
}
