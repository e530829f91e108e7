import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import oa.base.Db;

/** The forms and workflows of the seed, in a short notation. */
final class Forms {
    record Field(String name, String label, String type, String options, boolean required, boolean detail) {}
    record Form(long id, String table, List<Field> fields) {}
    record Node(long id, String kind) {}
    record Workflow(long id, String code, String name, String state, Form form, List<Node> nodes) {}

    /** A workflow: code, name, category, state, start rights, kind of form, fields (main ; detail), nodes. */
    private static final String[][] ALL = {
        {"leave", "请假申请", "人事", "valid", "all", "early",
            "leave_type*:请假类别:select:年假,事假,病假,婚假 phone:联系电话:text start_date*:开始日期:date end_date*:结束日期:date days:天数:number balance:剩余年假:text reason:事由:text"
            + ";day:日期:date part:时段:select:全天,上午,下午 hours:小时:number note:说明:text",
            "直接上级=manager|部门负责人=department_field:dept_head|人事备案=role:2"},
        {"trip", "出差申请", "行政", "valid", "all", "early",
            "destination*:目的地:text contact:联系人:text start_date:开始日期:date end_date:结束日期:date purpose:事由:text total:费用合计:number"
            + ";day:日期:date city:城市:text transport:交通工具:select:火车,飞机,汽车 cost:费用:number",
            "直接上级=manager|分管领导=department_field:dept_leader"},
        {"expense", "费用报销", "财务", "valid", "all", "new",
            "department_name:部门:text cost_center*:成本中心:text cost_center_name:成本中心名称:text cost_owner:归口部门:text amount*:金额:number reason:事由:text"
            + ";item:费用项目:text amount:金额:number invoice:发票号:text",
            "直接上级=manager|部门负责人=department_field:dept_head|财务接口人=department_field:finance_contact|财务审核=role:3"},
        {"purchase", "采购申请", "行政", "valid", "all", "new",
            "item*:物品:select:P01:台式电脑,P02:显示器,P03:打印机,P04:办公桌 unit_price:单价:number supplier:供应商:text quantity:数量:number reason:用途:text"
            + ";item_name:名称:text quantity:数量:number price:单价:number",
            "部门负责人=department_field:dept_head|采购专员=role:4|总经理=person:1"},
        {"contract", "合同审批", "法务", "valid", "all", "early",
            "party*:对方单位:text amount*:合同金额:number sign_date:签订日期:date phone:经办人电话:text;clause:条款:text note:说明:text",
            "部门负责人=department_field:dept_head|分管领导=department_field:dept_leader|财务会签=role:3|总经理=person:1"},
        {"sealuse", "用印申请", "行政", "valid", "all", "new",
            "document*:文件名称:text copies:份数:number seal_name:印章:select:公章,合同章,财务章;document_name:文件:text pages:页数:number",
            "部门负责人=department_field:dept_head|印章管理员=branch_field:seal_keeper"},
        {"meeting", "会议室申请", "行政", "valid", "all", "new", "room*:会议室:select:一号会议室,二号会议室,三号会议室 subject:主题:text day:日期:date", "行政确认=role:2"},
        {"onboard", "入职办理", "人事", "valid", "role:2", "new", "newcomer*:入职人员:text post:岗位:text day:入职日期:date;thing:领用物品:text quantity:数量:number",
            "人事审核=role:2|部门负责人=department_field:dept_head"},
        {"resign", "离职申请", "人事", "invalid", "all", "new", "last_day*:最后工作日:date reason:原因:text", "直接上级=manager|分管领导=department_field:dept_leader|人事备案=role:2"},
        {"supply", "办公用品领用", "行政", "valid", "all", "new",
            "item*:物品:select:S01:签字笔,S02:打印纸,S03:文件夹 unit_price:单价:number supplier:供应商:text quantity:数量:number;item_name:名称:text quantity:数量:number",
            "部门负责人=department_field:dept_head|采购专员=role:4"},
        {"official", "公文签发", "公文", "valid", "departments", "new", "subject*:公文标题:text number:文号:text secret:密级:select:普通,秘密;receiver:主送单位:text copies:份数:number",
            "分管领导=department_field:dept_leader|分部负责人=branch_field:branch_head|总经理=person:1"},
        {"itservice", "IT 服务申请", "信息", "test", "all", "new", "subject*:问题:text level:紧急程度:select:一般,紧急", "信息专员=person:5|部门负责人=department_field:dept_head"},
    };

    /** Form code, field, SQL. */
    private static final String[][] FETCH = {
        {"leave", "phone", "SELECT p.mobile FROM hrm_person p WHERE p.login = $user$"},
        {"contract", "phone", "SELECT p.mobile FROM hrm_person p WHERE p.login = $user$"},
        {"expense", "department_name", "SELECT d.name FROM hrm_person p JOIN hrm_department d ON d.id = p.department_id WHERE p.login = $user$"},
        {"official", "number", "SELECT 'OA-' || substr($user$, 1, 8) || '-' || (count(*) + 1) FROM form_official"},
    };

    /** Form code, trigger, targets, SQL. */
    private static final String[][] LINKAGE = {
        {"expense", "cost_center", "cost_center_name,cost_owner", "SELECT c.name, d.name FROM finance_cost_center c JOIN hrm_department d ON d.id = c.department_id WHERE c.code = $cost_center$"},
        {"purchase", "item", "unit_price,supplier", "SELECT unit_price, supplier FROM stock_item WHERE code = $item$"},
        {"supply", "item", "unit_price,supplier", "SELECT unit_price, supplier FROM stock_item WHERE code = $item$"},
    };

    static List<Workflow> create(Db db, String templates, String now) {
        List<Workflow> made = new ArrayList<>();
        Map<String, Long> forms = new LinkedHashMap<>();
        for (String[] one : ALL) {
            Form form = form(db, one, templates);
            forms.put(one[0], form.id());
            // The reimbursement was once saved as a new version; requests of the old one still run.
            if (one[0].equals("expense")) made.add(workflow(db, one, form, "old", 1, 0, "部门负责人=department_field:dept_head|财务审核=role:3", now));
            boolean second = one[0].equals("expense");
            made.add(workflow(db, one, form, one[3], second ? 2 : 1, second ? made.get(made.size() - 1).id() : 0, one[7], now));
        }
        for (String[] rule : FETCH) db.run("INSERT INTO form_field_sql (form_id, field, sql_text) VALUES (?, ?, ?)", forms.get(rule[0]), rule[1], rule[2]);
        for (String[] rule : LINKAGE) db.run("INSERT INTO form_linkage (form_id, trigger_field, target_fields, sql_text) VALUES (?, ?, ?, ?)", forms.get(rule[0]), rule[1], rule[2], rule[3]);
        return made;
    }

    private static Form form(Db db, String[] one, String templates) {
        boolean early = one[5].equals("early");
        String table = "form_" + one[0];
        String[] parts = one[6].split(";");
        List<Field> fields = new ArrayList<>();
        for (int i = 0; i < parts.length; i++) for (String text : parts[i].split(" ")) fields.add(field(text, i == 1));
        long id = db.insert("INSERT INTO form (name, kind, template_path, layout, main_table, detail_table) VALUES (?, ?, ?, ?, ?, ?)", one[1], one[5],
            early ? templates + "/" + one[0] + ".html" : null, early ? null : "{\"columns\":2}", table, parts.length > 1 ? table + "_detail" : null);
        int position = 1;
        for (Field field : fields)
            db.run("INSERT INTO form_field (form_id, name, label, in_detail, type, options, required, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                id, field.name(), field.label(), field.detail() ? 1 : 0, field.type(), field.options(), field.required() ? 1 : 0, position++);
        db.run("CREATE TABLE " + table + " (request_id INTEGER PRIMARY KEY" + columns(fields, false) + ")");
        if (parts.length > 1) db.run("CREATE TABLE " + table + "_detail (id INTEGER PRIMARY KEY, request_id INTEGER NOT NULL, line INTEGER NOT NULL" + columns(fields, true) + ")");
        return new Form(id, table, fields);
    }

    private static String columns(List<Field> fields, boolean detail) {
        StringBuilder out = new StringBuilder();
        for (Field field : fields) if (field.detail() == detail) out.append(", ").append(field.name()).append(" TEXT");
        return out.toString();
    }

    /** name*:label:type:options, * for a required field. */
    private static Field field(String text, boolean detail) {
        String[] part = text.split(":", 4);
        return new Field(part[0].replace("*", ""), part[1], part[2], part.length > 3 ? part[3] : null, part[0].endsWith("*"), detail);
    }

    private static Workflow workflow(Db db, String[] one, Form form, String state, int version, long family, String nodes, String now) {
        long id = db.insert("INSERT INTO wf_workflow (family_id, version_no, code, name, category, state, form_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            family, version, one[0], one[1], one[2], state, form.id(), now);
        if (family == 0) db.run("UPDATE wf_workflow SET family_id = id WHERE id = ?", id);
        List<Node> made = new ArrayList<>();
        made.add(node(db, id, "发起", "create", 1));
        int position = 2;
        for (String text : nodes.split("\\|")) {
            String[] part = text.split("[=:]");
            Node node = node(db, id, part[0], "approve", position++);
            db.run("INSERT INTO wf_operator (node_id, kind, object) VALUES (?, ?, ?)", node.id(), part[1], part.length > 2 ? part[2] : null);
            made.add(node);
        }
        made.add(node(db, id, "归档", "archive", position));
        rights(db, id, one[4]);
        return new Workflow(id, one[0], one[1], state, form, made);
    }

    private static void rights(Db db, long workflow, String right) {
        if (right.equals("departments")) {
            for (int department = 1; department <= 10; department++) db.run("INSERT INTO wf_start_right (workflow_id, kind, object) VALUES (?, 'department', ?)", workflow, department);
            return;
        }
        String[] part = right.split(":");
        db.run("INSERT INTO wf_start_right (workflow_id, kind, object) VALUES (?, ?, ?)", workflow, part[0], part.length > 1 ? part[1] : null);
    }

    private static Node node(Db db, long workflow, String name, String kind, int position) {
        return new Node(db.insert("INSERT INTO wf_node (workflow_id, name, kind, position) VALUES (?, ?, ?, ?)", workflow, name, kind, position), kind);
    }

    private Forms() {}
}
