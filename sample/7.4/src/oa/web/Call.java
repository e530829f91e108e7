package oa.web;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import oa.base.Db;
import oa.base.Failure;
import oa.base.Json;
import oa.hr.Person;

/** One call of the API: method, path in pieces, parameters, body, and who calls. */
final class Call {
    final HttpServletRequest request;
    final String method;
    final List<String> path;
    private Map<String, Object> body;

    Call(HttpServletRequest request) {
        this.request = request;
        method = request.getMethod();
        String rest = request.getRequestURI().substring(request.getContextPath().length() + "/api/".length());
        path = List.of(rest.split("/"));
    }

    /** True if method and path fit; "*" stands for any piece. */
    boolean is(String wantedMethod, String... pieces) {
        if (!method.equals(wantedMethod) || path.size() != pieces.length) return false;
        for (int i = 0; i < pieces.length; i++) if (!pieces[i].equals("*") && !pieces[i].equals(path.get(i))) return false;
        return true;
    }

    String piece(int i) { return java.net.URLDecoder.decode(path.get(i), StandardCharsets.UTF_8); }

    long id(int i) {
        try {
            return Long.parseLong(path.get(i));
        } catch (NumberFormatException e) {
            throw Failure.missing(path.get(i));
        }
    }

    String parameter(String name) {
        String value = request.getParameter(name);
        if (value == null) throw Failure.bad("parameter", "缺少参数：" + name);
        return value;
    }

    Map<String, String> parameters() {
        Map<String, String> all = new HashMap<>();
        request.getParameterMap().forEach((name, values) -> all.put(name, values[0]));
        return all;
    }

    Map<String, Object> body() throws IOException {
        if (body == null) {
            String text = new String(request.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            body = text.isBlank() ? Map.of() : Json.object(text);
        }
        return body;
    }

    String text(String name) throws IOException {
        Object value = body().get(name);
        return value == null ? "" : value.toString();
    }

    Person person(Db db) {
        Person person = Sessions.person(db, request);
        if (person == null) throw new Failure(401, "login", "请先登录");
        return person;
    }

    Person admin(Db db) {
        Person person = person(db);
        if (!person.admin()) throw Failure.forbidden("需要系统管理员");
        return person;
    }
}
