package oa.seal;

import java.util.List;
import oa.base.Db;
import oa.base.Row;
import oa.hr.Matrices;

/** Seals: which there are, who keeps them, when they were used. For 8.0: keepers come from the branch matrix. */
public final class Seals {
    private Seals() {}

    public static List<Row> all(Db db) {
        List<Row> seals = db.list("SELECT s.id, s.name, s.branch_id, s.kind, b.name AS branch, (SELECT count(*) FROM seal_record r WHERE r.seal_id = s.id) AS uses FROM seal s JOIN hrm_branch b ON b.id = s.branch_id ORDER BY s.id");
        for (Row seal : seals) seal.put("keepers", Matrices.people(db, "branch", seal.number("branch_id"), "seal_keeper"));
        return seals;
    }
}
