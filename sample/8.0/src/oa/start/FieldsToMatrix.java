package oa.start;

import java.util.logging.Logger;
import oa.base.Db;
import oa.base.Row;
import oa.base.Times;

/**
 * First start of 8.0: user-defined fields of departments and branches become matrices, and workflow operators
 * that were based on them are based on the matrices. All of it is one transaction with its entry in
 * sys_migration: after a crash in between, the next start begins anew. The old tables stay, unused.
 */
public final class FieldsToMatrix {
    public static final String NAME = "fields_to_matrix";
    private static final Logger LOG = Logger.getLogger("oa.start");

    private FieldsToMatrix() {}

    public static void run() {
        try (Db db = Db.transaction()) {
            if (db.count("SELECT count(*) FROM sys_migration WHERE name = ?", NAME) > 0) return;
            String started = Times.now();
            int values = convert(db, "department", "部门矩阵") + convert(db, "branch", "分部矩阵");
            int operators = operators(db, "department") + operators(db, "branch");
            long rows = db.count("SELECT count(*) FROM matrix_row");
            db.run("INSERT INTO sys_migration (name, started_at, finished_at, matrix_rows, matrix_values, operators) VALUES (?, ?, ?, ?, ?, ?)",
                NAME, started, Times.now(), rows, values, operators);
            db.commit();
            LOG.info(NAME + ": " + rows + " rows, " + values + " values, " + operators + " operators");
        }
    }

    private static int convert(Db db, String scope, String name) {
        long matrix = db.insert("INSERT INTO matrix_info (code, name) VALUES (?, ?)", scope, name);
        for (Row field : db.list("SELECT field, label, position FROM hrm_defined_field WHERE scope = ? ORDER BY position", scope))
            db.run("INSERT INTO matrix_field (matrix_id, name, label, position) VALUES (?, ?, ?, ?)", matrix, field.text("field"), field.text("label"), field.number("position"));
        int values = 0;
        for (Row old : db.list("SELECT * FROM hrm_" + scope + "_defined ORDER BY " + scope + "_id")) {
            long row = db.insert("INSERT INTO matrix_row (matrix_id, key_id) VALUES (?, ?)", matrix, old.number(scope + "_id"));
            for (Row field : db.list("SELECT id, name FROM matrix_field WHERE matrix_id = ? ORDER BY position", matrix))
                values += people(db, row, field.number("id"), old.text(field.text("name")));
        }
        return values;
    }

    private static int people(Db db, long row, long field, String ids) {
        int position = 0;
        for (String id : ids.split(","))
            if (!id.isBlank()) db.run("INSERT INTO matrix_value (row_id, field_id, person_id, position) VALUES (?, ?, ?, ?)", row, field, Long.valueOf(id.trim()), ++position);
        return position;
    }

    private static int operators(Db db, String scope) {
        return db.run("UPDATE wf_operator SET kind = 'matrix', matrix_id = (SELECT id FROM matrix_info WHERE code = ?), matrix_field = object, object = NULL WHERE kind = ?",
            scope, scope + "_field");
    }
}
