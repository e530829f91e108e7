package oa.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import oa.base.Db;
import oa.base.Failure;

/** The login page's form: works in a browser without any script. */
public final class LoginForm extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        try (Db db = Db.open()) {
            Sessions.login(db, request, String.valueOf(request.getParameter("user")), String.valueOf(request.getParameter("password")));
            response.sendRedirect(request.getContextPath() + "/portal.jsp");
        } catch (Failure failure) {
            response.sendRedirect(request.getContextPath() + "/login.jsp?error=" + (failure.code.equals("licence") ? "licence" : "wrong"));
        }
    }

    @Override protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Sessions.logout(request);
        response.sendRedirect(request.getContextPath() + "/login.jsp");
    }
}
