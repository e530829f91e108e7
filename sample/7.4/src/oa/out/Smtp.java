package oa.out;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** As much of SMTP as one text mail needs. */
final class Smtp {
    private static final int WAIT = 5000;

    private Smtp() {}

    static void send(String host, int port, String from, String to, String subject, String body) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), WAIT);
            socket.setSoTimeout(WAIT);
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            OutputStream out = socket.getOutputStream();
            expect(in, "220");
            say(out, in, "HELO localhost", "250");
            say(out, in, "MAIL FROM:<" + line(from) + ">", "250");
            say(out, in, "RCPT TO:<" + line(to) + ">", "250");
            say(out, in, "DATA", "354");
            String message = "From: <" + line(from) + ">\r\nTo: <" + line(to) + ">\r\nSubject: =?UTF-8?B?" + base64(subject) + "?=\r\n"
                + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                + base64(body).replaceAll("(.{76})", "$1\r\n") + "\r\n.";
            say(out, in, message, "250");
            out.write("QUIT\r\n".getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void say(OutputStream out, BufferedReader in, String text, String answer) throws IOException {
        out.write((text + "\r\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
        expect(in, answer);
    }

    private static void expect(BufferedReader in, String code) throws IOException {
        String line;
        do line = in.readLine(); while (line != null && line.startsWith(code + "-"));
        if (line == null || !line.startsWith(code)) throw new IOException("mail server said: " + line);
    }

    /** An address with a line break would be a second command. */
    private static String line(String address) throws IOException {
        if (address.chars().anyMatch(c -> c < 32)) throw new IOException("bad address");
        return address;
    }

    private static String base64(String text) { return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)); }
}
