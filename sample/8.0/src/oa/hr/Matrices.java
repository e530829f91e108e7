package oa.hr;

import java.util.List;
import oa.base.Db;
import oa.base.Row;

/** Matrices: tables of people with one row per department or branch and one column per duty. They follow on user-defined fields. */
public final class Matrices {
    private Matrices() {}

    public static List<Row> fields(Db db, String matrix) {
        return db.list("SELECT f.name AS field, f.label FROM matrix_field f JOIN matrix_info i ON i.id = f.matrix_id WHERE i.code = ? ORDER BY f.position", matrix);
    }

    public static List<Long> people(Db db, String matrix, long key, String field) {
        return db.list("SELECT v.person_id AS id FROM matrix_value v JOIN matrix_row r ON r.id = v.row_id JOIN matrix_field f ON f.id = v.field_id"
            + " JOIN matrix_info i ON i.id = r.matrix_id WHERE i.code = ? AND r.key_id = ? AND f.name = ? ORDER BY v.position", matrix, key, field)
            .stream().map(row -> row.number("id")).toList();
    }

    /** Every matrix with its fields and rows, people as login names. */
    public static List<Row> all(Db db) {
        List<Row> matrices = db.list("SELECT id, code, name FROM matrix_info ORDER BY id");
        for (Row matrix : matrices) {
            matrix.put("fields", db.list("SELECT name, label FROM matrix_field WHERE matrix_id = ? ORDER BY position", matrix.number("id")));
            List<Row> rows = db.list("SELECT id, key_id AS \"key\" FROM matrix_row WHERE matrix_id = ? ORDER BY key_id", matrix.number("id"));
            for (Row row : rows) {
                Row values = new Row();
                for (Row field : fields(db, matrix.text("code")))
                    values.put(field.text("field"), people(db, matrix.text("code"), row.number("key"), field.text("field")).stream()
                        .map(id -> People.byId(db, id).login()).toList());
                row.remove("id");
                row.put("values", values);
            }
            matrix.put("rows", rows);
        }
        return matrices;
    }
}
