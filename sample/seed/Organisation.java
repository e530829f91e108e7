import java.util.Random;
import oa.base.Db;
import oa.base.Password;

/** Branches, departments, people, roles and the user-defined fields of the organisation. */
final class Organisation {
    static final int PEOPLE = 200, DEPARTMENTS = 40, BRANCHES = 6;
    static final long ADMIN = 201, TESTER = 202, TESTER_MANAGER = 203;
    /** Closed, without people and without anybody in its fields. */
    static final int CLOSED = 40;
    private static final int IT = 5;
    private static final String[] BRANCH = {"总公司", "华东分公司", "华南分公司", "华北分公司", "西南分公司", "海外事业部"};
    private static final String[] HEADQUARTERS = {"总经理办公室", "人力资源部", "财务部", "采购部", "信息中心", "法务部", "审计部", "市场部", "研发部", "质量部"};
    private static final String[] OTHERS = {"综合部", "销售部", "工程部", "客服部", "财务室", "仓储部"};

    private final Db db;
    private final Random random;
    private final String now;

    Organisation(Db db, Random random, String now) {
        this.db = db;
        this.random = random;
        this.now = now;
    }

    void create() {
        for (int i = 1; i <= BRANCHES; i++) db.run("INSERT INTO hrm_branch (id, name, parent_id) VALUES (?, ?, ?)", i, BRANCH[i - 1], i == 1 ? null : 1);
        for (int i = 1; i <= DEPARTMENTS; i++)
            db.run("INSERT INTO hrm_department (id, branch_id, name, canceled) VALUES (?, ?, ?, ?)", i, branchOf(i), nameOf(i), i == CLOSED ? 1 : 0);
        for (int i = 1; i <= PEOPLE; i++) {
            long department = departmentOf(i);
            person(i, String.format("u%03d", i), String.format("用户%03d", i), department, managerOf(i), i == headOf(department) ? "部门经理" : "职员", "User#2024");
        }
        person(ADMIN, "admin", "系统管理员", IT, null, "管理员", "Admin#2024");
        person(TESTER, "tester", "测试员", IT, TESTER_MANAGER, "职员", "Tester#2024");
        person(TESTER_MANAGER, "tester_manager", "测试主管", IT, 1L, "部门经理", "Manager#2024");
        db.run("UPDATE hrm_person SET status = 'left' WHERE id IN (77, 143)");
        roles();
        definedFields();
    }

    private void roles() {
        long[][] members = {{1, ADMIN}, {2, 10}, {2, 11}, {2, 12}, {2, TESTER_MANAGER}, {3, 20}, {3, 21}, {3, TESTER_MANAGER}, {4, 30}, {4, 31}, {4, TESTER_MANAGER}, {5, TESTER}, {5, 5}};
        for (long[] member : members) db.run("INSERT INTO hrm_role_member VALUES (?, ?)", member[0], member[1]);
    }

    /** With what really stands in such fields: one person, two, a blank after the comma, somebody who has left, nobody. */
    private void definedFields() {
        for (int i = 1; i < CLOSED; i++) {
            String head = Long.toString(i == IT ? TESTER_MANAGER : headOf(i));
            if (i % 8 == 0) head += ",77";
            String finance = i % 5 == 0 ? "20, 21" : Integer.toString(20 + i % 2);
            db.run("INSERT INTO hrm_department_defined VALUES (?, ?, ?, ?)", i, head, Long.toString(headOf(firstOf(branchOf(i)))), finance);
        }
        db.run("INSERT INTO hrm_department_defined VALUES (?, NULL, '', NULL)", CLOSED);
        for (int i = 1; i <= BRANCHES; i++) db.run("INSERT INTO hrm_branch_defined VALUES (?, ?, ?)", i, Long.toString(headOf(firstOf(i))), (30 + i) + "," + (40 + i));
    }

    static int branchOf(int department) { return department <= HEADQUARTERS.length ? 1 : 2 + (department - HEADQUARTERS.length - 1) / OTHERS.length; }
    private static int firstOf(int branch) { return branch == 1 ? 1 : HEADQUARTERS.length + 1 + (branch - 2) * OTHERS.length; }
    static int departmentOf(int person) { return 1 + (person - 1) % (DEPARTMENTS - 1); }
    /** The first person of a department is its head. */
    private static int headOf(long department) { return (int) department; }

    private static Long managerOf(int person) {
        int department = departmentOf(person);
        if (person != headOf(department)) return (long) headOf(department);
        int leader = headOf(firstOf(branchOf(department)));
        if (leader != person) return (long) leader;
        return person == 1 ? null : 1L;
    }

    private static String nameOf(int department) {
        if (department <= HEADQUARTERS.length) return HEADQUARTERS[department - 1];
        return BRANCH[branchOf(department) - 1].substring(0, 2) + OTHERS[(department - HEADQUARTERS.length - 1) % OTHERS.length];
    }

    private void person(long id, String login, String name, long department, Long manager, String title, String password) {
        byte[] salt = new byte[8];
        random.nextBytes(salt);
        db.run("INSERT INTO hrm_person (id, login, name, department_id, manager_id, title, email, mobile, password_hash, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            id, login, name, department, manager, title, login + "@example.invalid", String.format("1380000%04d", id), Password.hash(password, salt), now);
    }
}
