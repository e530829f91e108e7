package oa.web;

import oa.base.Db;
import oa.hr.Matrices;

/** The matrices, for the administrator. */
public final class MatrixApi extends Api {
    private static final long serialVersionUID = 1;

    @Override Object answer(Call call) {
        if (!call.is("GET", "admin", "matrices")) return null;
        try (Db db = Db.open()) {
            call.admin(db);
            return map("matrices", Matrices.all(db));
        }
    }
}
