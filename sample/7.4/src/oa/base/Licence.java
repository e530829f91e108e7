package oa.base;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.LocalDate;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import oa.Build;

/**
 * The licence is read at every use, so that a new one counts without a restart. It fits one customer name
 * (letter by letter as in setting customer.name), one major version, a number of users and an end date.
 */
public final class Licence {
    /** Only good for this sample: a real product would hold a public key here. */
    private static final String KEY = "sample-oa-licence-key";
    private static Path file;

    public final String customer, expires, problem;
    public final int major, users;

    private Licence(Map<String, String> field, String problem) {
        customer = field.getOrDefault("customer", "");
        expires = field.getOrDefault("expires", "");
        major = number(field.get("major"));
        users = number(field.get("users"));
        this.problem = problem;
    }

    public static void at(Path path) { file = path; }

    public boolean valid() { return problem.isEmpty(); }

    public static Licence read(Db db) {
        Map<String, String> field = new LinkedHashMap<>();
        try {
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                int at = line.indexOf('=');
                if (at > 0) field.put(line.substring(0, at).trim(), line.substring(at + 1).trim());
            }
        } catch (java.io.IOException e) {
            return new Licence(field, "没有授权文件");
        }
        return new Licence(field, problem(db, field));
    }

    private static String problem(Db db, Map<String, String> field) {
        String text = field.get("customer") + "\n" + field.get("major") + "\n" + field.get("users") + "\n" + field.get("expires") + "\n";
        String signature = field.getOrDefault("signature", "");
        if (!MessageDigest.isEqual(sign(text).getBytes(), signature.getBytes())) return "授权文件签名不正确";
        String customer = Settings.stored(db, "customer.name", "");
        if (!customer.equals(field.get("customer"))) return "授权客户名称与合同不一致：" + field.get("customer");
        if (number(field.get("major")) != Build.major()) return "授权版本为 " + field.get("major") + ".x，当前系统为 " + Build.version();
        if (LocalDate.now().isAfter(LocalDate.parse(field.get("expires")))) return "授权已过期：" + field.get("expires");
        if (db.count("SELECT count(*) FROM hrm_person WHERE status = 'active'") > number(field.get("users"))) return "用户数超过授权";
        return "";
    }

    private static String sign(String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(KEY.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int number(String text) { return text == null || text.isBlank() ? 0 : Integer.parseInt(text); }
}
