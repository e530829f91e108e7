package oa.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import oa.base.Db;
import oa.base.Failure;
import oa.base.Row;
import oa.hr.Person;
import oa.workflow.Requests;

/** /download?id=N gives an attachment to those who may read its request. */
public final class Download extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Row row;
        try (Db db = Db.open()) {
            Person person = (Person) request.getAttribute("person");
            String id = String.valueOf(request.getParameter("id"));
            row = id.matches("\\d{1,18}") ? db.one("SELECT request_id, name, path, size FROM wf_attachment WHERE id = ?", Long.valueOf(id)) : null;
            if (row == null || !Files.isReadable(Path.of(row.text("path")))) {
                response.sendError(404);
                return;
            }
            Requests.mayRead(db, person, Requests.find(db, row.number("request_id")));
        } catch (Failure failure) {
            response.sendError(failure.status);
            return;
        }
        response.setContentType("application/octet-stream");
        response.setHeader("Content-Disposition", "attachment; filename*=UTF-8''" + URLEncoder.encode(row.text("name"), StandardCharsets.UTF_8).replace("+", "%20"));
        Files.copy(Path.of(row.text("path")), response.getOutputStream());
    }
}
