package oa.web;

import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.Map;
import jakarta.servlet.http.Part;
import oa.base.Db;
import oa.base.Failure;
import oa.base.Row;
import oa.form.FormData;
import oa.hr.Person;
import oa.workflow.Attachments;
import oa.workflow.Requests;
import oa.workflow.Workflows;

/** Workflows a person can start, requests from draft to archive, the to-do list. */
public final class RequestApi extends Api {
    private static final long serialVersionUID = 1;

    @Override Object answer(Call call) throws Exception {
        return call.method.equals("GET") ? read(call) : change(call);
    }

    private Object read(Call call) {
        try (Db db = Db.open()) {
            Person person = call.person(db);
            if (call.is("GET", "workflows")) return map("workflows", Workflows.startable(db, person));
            if (call.is("GET", "todo")) return map("requests", Requests.todo(db, person));
            if (call.is("GET", "requests")) return map("requests", Requests.mine(db, person, 50));
            if (call.is("GET", "requests", "*")) return whole(db, person, call.id(1));
            if (call.is("GET", "requests", "*", "operators")) {
                Requests.mayRead(db, person, Requests.find(db, call.id(1)));
                return map("id", call.id(1), "operators", Requests.operators(db, call.id(1)));
            }
            return null;
        }
    }

    /** Every change is one transaction, and answers with where the request stands then. */
    private Object change(Call call) throws Exception {
        // Read the body before the database is locked: a slow client must not hold up the others.
        byte[] raw = call.is("POST", "requests", "*", "attachment") ? content(call) : null;
        if (raw == null) call.body();
        try (Db db = Db.transaction()) {
            Person person = call.person(db);
            Object answer = null;
            if (call.is("POST", "requests")) answer = state(db, create(db, person, call.body()));
            else if (call.is("POST", "requests", "*", "submit")) {
                Requests.submit(db, person, call.id(1), call.text("remark"));
                answer = state(db, call.id(1));
            } else if (call.is("POST", "requests", "*", "reject")) {
                Requests.reject(db, person, call.id(1), call.text("remark"));
                answer = state(db, call.id(1));
            } else if (raw != null) {
                Requests.mayRead(db, person, Requests.find(db, call.id(1)));
                answer = Attachments.add(db, person, call.id(1), name(call), new ByteArrayInputStream(raw));
            } else if (call.is("DELETE", "requests", "*")) {
                Requests.remove(db, person, call.id(1));
                answer = map("ok", true);
            }
            db.commit();
            return answer;
        }
    }

    @SuppressWarnings("unchecked")
    private static long create(Db db, Person person, Map<String, Object> body) {
        if (body.get("workflow") == null) throw Failure.bad("workflow", "缺少流程");
        Object fields = body.getOrDefault("fields", Map.of()), detail = body.getOrDefault("detail", List.of()), title = body.get("title");
        if (!(fields instanceof Map) || !(detail instanceof List)) throw Failure.bad("fields", "字段格式不正确");
        return Requests.create(db, person, body.get("workflow").toString(), title == null ? "" : title.toString(), (Map<String, Object>) fields, (List<Map<String, Object>>) detail);
    }

    private static Object state(Db db, long id) {
        Row request = Requests.find(db, id);
        return map("id", id, "node", request.text("node"), "nodeId", request.number("node_id"), "state", request.text("state"));
    }

    private static Object whole(Db db, Person person, long id) {
        Row request = Requests.find(db, id);
        Requests.mayRead(db, person, request);
        long form = request.number("form_id");
        return map("id", id, "workflow", request.text("workflow"), "workflowId", request.number("workflow_id"), "title", request.text("title"), "creator", request.text("creator"),
            "state", request.text("state"), "node", request.text("node"), "nodeId", request.number("node_id"), "created", request.text("created_at"),
            "fields", FormData.main(db, form, id), "detail", FormData.detail(db, form, id), "attachments", Attachments.of(db, id),
            "operators", Requests.operators(db, id), "log", Requests.log(db, id));
    }

    private static boolean multipart(Call call) { return String.valueOf(call.request.getContentType()).startsWith("multipart/form-data"); }

    private static byte[] content(Call call) throws Exception {
        if (!multipart(call)) return call.request.getInputStream().readAllBytes();
        return file(call).getInputStream().readAllBytes();
    }

    private static String name(Call call) throws Exception {
        return multipart(call) ? file(call).getSubmittedFileName() : call.parameter("name");
    }

    private static Part file(Call call) throws Exception {
        for (Part part : call.request.getParts()) if (part.getSubmittedFileName() != null) return part;
        throw Failure.bad("file", "没有文件");
    }
}
