package oa.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import oa.base.Db;
import oa.hr.Person;

/** Stands before pages and API: nobody in while the application can't work, pages only for who is logged in. */
public final class Gate extends HttpFilter {
    private static final long serialVersionUID = 1;

    @Override protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain) throws IOException, ServletException {
        String path = request.getServletPath() + (request.getPathInfo() == null ? "" : request.getPathInfo());
        if (path.equals("/api/health")) {
            chain.doFilter(request, response);
            return;
        }
        if (!App.problem().isEmpty()) {
            response.setStatus(503);
            response.setContentType("application/json; charset=UTF-8");
            response.getWriter().write("{\"error\":\"系统不可用\",\"code\":\"unavailable\"}");
            return;
        }
        request.setCharacterEncoding("UTF-8");
        if (!path.startsWith("/api/") && !path.equals("/login.jsp")) {
            Person person;
            try (Db db = Db.open()) {
                person = Sessions.person(db, request);
            }
            if (person == null) {
                response.sendRedirect(request.getContextPath() + "/login.jsp");
                return;
            }
            request.setAttribute("person", person);
        }
        chain.doFilter(request, response);
    }
}
