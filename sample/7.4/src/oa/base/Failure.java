package oa.base;

/** What a user did, or may not do, told with the HTTP status and a code that programs can rely on. */
public final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1;
    public final int status;
    public final String code;

    public Failure(int status, String code, String message) {
        super(message);
        this.status = status;
        this.code = code;
    }

    public static Failure bad(String code, String message) { return new Failure(400, code, message); }
    public static Failure missing(String what) { return new Failure(404, "not_found", what + " 不存在"); }
    public static Failure forbidden(String message) { return new Failure(403, "forbidden", message); }
    public static Failure conflict(String code, String message) { return new Failure(409, code, message); }
}
