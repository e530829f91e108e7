package oa.base;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/** Salted, slow hashes: pbkdf2$iterations$salt$hash. */
public final class Password {
    private static final int ITERATIONS = 4000;

    private Password() {}

    public static String hash(String password, byte[] salt) {
        return "pbkdf2$" + ITERATIONS + "$" + HexFormat.of().formatHex(salt) + "$" + derive(password, salt, ITERATIONS);
    }

    public static boolean fits(String password, String stored) {
        String[] part = stored.split("\\$");
        if (part.length != 4 || !part[0].equals("pbkdf2")) return false;
        String now = derive(password, HexFormat.of().parseHex(part[2]), Integer.parseInt(part[1]));
        return MessageDigest.isEqual(now.getBytes(), part[3].getBytes());
    }

    private static String derive(String password, byte[] salt, int iterations) {
        try {
            var spec = new PBEKeySpec(password.toCharArray(), salt, iterations, 256);
            return HexFormat.of().formatHex(SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
