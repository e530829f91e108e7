package oa.web;

import java.util.Map;
import oa.base.Db;
import oa.base.Row;
import oa.form.FieldSql;
import oa.form.Linkage;
import oa.hr.Person;
import oa.workflow.Workflows;

/** Values that a form gets while it is filled in: by SQL, by linkage. */
public final class FormApi extends Api {
    private static final long serialVersionUID = 1;

    @Override Object answer(Call call) {
        if (!call.method.equals("GET") || call.path.size() != 3) return null;
        try (Db db = Db.open()) {
            Person person = call.person(db);
            Row workflow = Workflows.find(db, call.piece(1));
            long form = workflow.number("form_id");
            Map<String, String> values = call.parameters();
            values.put("user", person.login());
            if (call.is("GET", "forms", "*", "rules")) return map("fetch", FieldSql.rules(db, form), "linkage", Linkage.triggers(db, form));
            String field = call.parameter("field");
            if (call.is("GET", "forms", "*", "fetch")) return map("field", field, "value", FieldSql.fetch(db, form, field, values));
            if (call.is("GET", "forms", "*", "linkage")) {
                values.put(field, call.parameter("value"));
                return map("field", field, "filled", Linkage.fill(db, form, field, values));
            }
            return null;
        }
    }
}
