package oa.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import oa.base.Failure;
import oa.base.Json;

/** What all parts of the JSON API share: one answer, errors as JSON with the right status. */
abstract class Api extends HttpServlet {
    private static final long serialVersionUID = 1;
    private static final Logger LOG = Logger.getLogger("oa.web");

    /** The answer to a call, or null if there is no such call. */
    abstract Object answer(Call call) throws Exception;

    @Override protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        int status = 200;
        Object answer;
        try {
            answer = answer(new Call(request));
            if (answer == null) throw Failure.missing(request.getMethod() + " " + request.getRequestURI());
            if (answer instanceof Map<?, ?> map && map.get("status") instanceof String text && text.equals("error")) status = 503;
        } catch (Failure failure) {
            status = failure.status;
            answer = error(failure.code, failure.getMessage());
        } catch (ClassCastException e) {
            status = 400; // A list where an object belongs, and the like.
            answer = error("json", "JSON 结构不正确");
        } catch (Exception | LinkageError e) {
            LOG.log(Level.SEVERE, request.getMethod() + " " + request.getRequestURI(), e);
            status = 500;
            answer = error("internal", String.valueOf(e.getMessage()));
        }
        byte[] bytes = Json.write(answer).getBytes(StandardCharsets.UTF_8);
        response.setStatus(status);
        response.setContentType("application/json; charset=UTF-8");
        response.setHeader("Cache-Control", "no-store");
        response.setContentLength(bytes.length);
        response.getOutputStream().write(bytes);
    }

    static Map<String, Object> map(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) map.put(pairs[i].toString(), pairs[i + 1]);
        return map;
    }

    private static Map<String, Object> error(String code, String message) { return map("error", message, "code", code); }
}
