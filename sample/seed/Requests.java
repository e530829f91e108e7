import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import oa.base.Db;
import oa.base.Times;
import oa.workflow.Operators;

/** Requests of all states. Who handled them is computed by the application's own code, so that they fit together. */
final class Requests {
    private static final int TOTAL = 2000, DAYS = 540, EACH_NODE = 3;
    private final Db db;
    private final Random random;
    private final LocalDateTime today;
    private final Path filesystem;
    private final Map<String, List<Long>> resolved = new HashMap<>();
    private int made;

    Requests(Db db, Random random, LocalDateTime today, Path filesystem) {
        this.db = db;
        this.random = random;
        this.today = today;
        this.filesystem = filesystem;
    }

    void create(List<Forms.Workflow> workflows) throws IOException {
        // First some in flight at every node: nothing the upgrade may break stays unseen.
        for (Forms.Workflow workflow : workflows)
            for (int stop = 1; stop < workflow.nodes().size() - 1; stop++)
                for (int i = 0; i < EACH_NODE; i++) request(workflow, "running", stop, 1 + random.nextInt(30));
        while (made < TOTAL) {
            Forms.Workflow workflow = workflows.get(random.nextInt(workflows.size()));
            boolean closed = List.of("old", "invalid").contains(workflow.state());
            int dice = random.nextInt(100), days = 1 + random.nextInt(DAYS);
            String state = dice < 72 || closed ? "archived" : dice < 88 ? "running" : dice < 93 ? "rejected" : dice < 97 ? "draft" : "canceled";
            int stop = state.equals("archived") ? workflow.nodes().size() - 1 : state.equals("running") ? 1 + random.nextInt(workflow.nodes().size() - 2) : 0;
            request(workflow, state, stop, state.equals("archived") ? days : Math.min(days, 60));
        }
    }

    private void request(Forms.Workflow workflow, String state, int stop, int daysAgo) throws IOException {
        int creator = person();
        int department = Organisation.departmentOf(creator);
        LocalDateTime time = today.minusDays(daysAgo).withHour(8 + random.nextInt(10)).withMinute(random.nextInt(60)).withSecond(random.nextInt(60));
        String created = Times.text(time);
        long id = db.insert("INSERT INTO wf_request (workflow_id, title, creator_id, department_id, node_id, state, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            workflow.id(), String.format("%s-用户%03d-%s", workflow.name(), creator, created.substring(0, 10)), creator, department, workflow.nodes().get(stop).id(), state, created, created);
        made++;
        fill(workflow.form(), id, creator, time);
        if (random.nextInt(3) == 0) attachment(id, creator, time);
        time = walk(workflow, id, creator, department, state, stop, time);
        db.run("UPDATE wf_request SET updated_at = ?, archived_at = ? WHERE id = ?", Times.text(time), state.equals("archived") ? Times.text(time) : null, id);
        if (state.equals("archived") && daysAgo < 60)
            db.run("INSERT INTO interface_outbox (request_id, payload, state, attempts, created_at, next_try, sent_at) VALUES (?, ?, 'sent', 1, ?, ?, ?)",
                id, "{\"id\":" + id + ",\"workflow\":\"" + workflow.code() + "\"}", Times.text(time), Times.text(time), Times.text(time.plusSeconds(3)));
    }

    /** The way a request has come: each node handled by one of its operators, the last one still to be handled. */
    private LocalDateTime walk(Forms.Workflow workflow, long id, int creator, int department, String state, int stop, LocalDateTime start) {
        LocalDateTime time = start;
        int last = state.equals("rejected") ? 1 : stop;
        for (int i = 0; i < last; i++) {
            handled(id, workflow.nodes().get(i), operators(workflow.nodes().get(i), creator, department), time, i == 0 ? "submit" : "approve");
            time = later(time);
        }
        if (state.equals("rejected")) {
            handled(id, workflow.nodes().get(1), operators(workflow.nodes().get(1), creator, department), time, "reject");
            time = later(time);
        }
        if (state.equals("archived") || state.equals("canceled")) return time;
        for (long operator : operators(workflow.nodes().get(stop), creator, department))
            db.run("INSERT INTO wf_current_operator (request_id, node_id, person_id, state, received_at) VALUES (?, ?, ?, 'todo', ?)", id, workflow.nodes().get(stop).id(), operator, Times.text(time));
        return time;
    }

    private void handled(long id, Forms.Node node, List<Long> operators, LocalDateTime time, String action) {
        String received = Times.text(time), done = Times.text(time.plusMinutes(1 + random.nextInt(200)));
        for (long operator : operators)
            db.run("INSERT INTO wf_current_operator (request_id, node_id, person_id, state, received_at, handled_at) VALUES (?, ?, ?, 'done', ?, ?)", id, node.id(), operator, received, done);
        long who = operators.get(random.nextInt(operators.size()));
        db.run("INSERT INTO wf_log (request_id, node_id, person_id, action, remark, at) VALUES (?, ?, ?, ?, ?, ?)", id, node.id(), who, action, action.equals("reject") ? "请补充材料" : action.equals("approve") ? "同意" : "", done);
    }

    private List<Long> operators(Forms.Node node, int creator, int department) {
        if (node.kind().equals("create")) return List.of((long) creator);
        return resolved.computeIfAbsent(node.id() + "/" + department + "/" + creator, key -> {
            List<Long> found = Operators.resolve(db, node.id(), department, creator);
            if (found.isEmpty()) throw new IllegalStateException("nobody for node " + node.id() + " of department " + department);
            return found;
        });
    }

    private LocalDateTime later(LocalDateTime time) {
        LocalDateTime next = time.plusMinutes(210 + random.nextInt(600));
        return next.isAfter(today) ? time.plusMinutes(1) : next;
    }

    private void fill(Forms.Form form, long id, int creator, LocalDateTime time) {
        row(form, id, -1, creator, time);
        if (form.fields().stream().anyMatch(Forms.Field::detail)) for (int line = 1; line <= 1 + id % 3; line++) row(form, id, line, creator, time);
    }

    private void row(Forms.Form form, long id, int line, int creator, LocalDateTime time) {
        boolean detail = line > 0;
        List<Object> values = new ArrayList<>(List.of(id));
        StringBuilder columns = new StringBuilder("request_id"), marks = new StringBuilder("?");
        if (detail) {
            columns.append(", line");
            marks.append(", ?");
            values.add(line);
        }
        for (Forms.Field field : form.fields()) {
            if (field.detail() != detail) continue;
            columns.append(", ").append(field.name());
            marks.append(", ?");
            values.add(value(field, creator, time));
        }
        db.run("INSERT INTO " + form.table() + (detail ? "_detail (" : " (") + columns + ") VALUES (" + marks + ")", values.toArray());
    }

    private String value(Forms.Field field, int creator, LocalDateTime time) {
        if (field.name().equals("phone")) return String.format("1380000%04d", creator);
        if (field.name().equals("cost_center")) return String.format("C%02d", 1 + random.nextInt(Organisation.DEPARTMENTS));
        return switch (field.type()) {
            case "date" -> Times.text(time.plusDays(1 + random.nextInt(10))).substring(0, 10);
            case "number" -> Integer.toString(1 + random.nextInt(500));
            case "select" -> field.options().split(",")[random.nextInt(field.options().split(",").length)].split(":")[0];
            default -> field.label() + (1 + random.nextInt(90));
        };
    }

    private void attachment(long request, int person, LocalDateTime time) throws IOException {
        String at = Times.text(time), name = new String[] {"说明.txt", "明细.csv", "证明材料.txt", "invoice.csv"}[random.nextInt(4)];
        StringBuilder text = new StringBuilder("请求 " + request + " 的附件\n");
        for (int i = random.nextInt(60); i >= 0; i--) text.append(i).append(',').append(random.nextInt(100000)).append(",内容\n");
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        long id = db.insert("INSERT INTO wf_attachment (request_id, name, path, size, person_id, at) VALUES (?, ?, '', ?, ?, ?)", request, name, bytes.length, person, at);
        Path file = filesystem.resolve(at.substring(0, 7).replace("-", "")).resolve(String.format("%08d.bin", id));
        Files.createDirectories(file.getParent());
        Files.write(file, bytes);
        db.run("UPDATE wf_attachment SET path = ? WHERE id = ?", file.toString(), id);
    }

    /** Anybody who is still there and has a manager. */
    private int person() {
        int person;
        do person = 2 + random.nextInt(Organisation.PEOPLE - 1); while (person == 77 || person == 143);
        return person;
    }
}
