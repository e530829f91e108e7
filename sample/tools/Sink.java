import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Takes whatever the OA sends: java Sink.java FILE. Listens for mail and for HTTP on two free ports of the
 * loopback, writes "ports MAIL HTTP" and then one line for each mail ("mail RECIPIENT") and each call ("http BODY").
 */
public class Sink {
    private static Path file;

    public static void main(String[] argument) throws Exception {
        file = Path.of(argument[0]);
        ServerSocket mail = new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), http = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        note("ports " + mail.getLocalPort() + " " + http.getLocalPort());
        Thread thread = new Thread(() -> serve(mail, Sink::mail));
        thread.setDaemon(true);
        thread.start();
        serve(http, Sink::http);
    }

    private interface Talk { void with(BufferedReader in, OutputStream out) throws IOException; }

    private static void serve(ServerSocket server, Talk talk) {
        while (true) {
            try (Socket socket = server.accept()) {
                talk.with(new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8)), socket.getOutputStream());
            } catch (IOException e) {
                System.err.println("sink: " + e.getMessage());
            }
        }
    }

    private static void mail(BufferedReader in, OutputStream out) throws IOException {
        say(out, "220 sink\r\n");
        String to = "";
        for (String line; (line = in.readLine()) != null; ) {
            if (line.startsWith("RCPT TO:")) to = line.substring(8);
            if (line.equals("DATA")) {
                say(out, "354 go on\r\n");
                while (!".".equals(in.readLine())) { }
                note("mail " + to);
            }
            if (line.equals("QUIT")) return;
            say(out, "250 ok\r\n");
        }
    }

    private static void http(BufferedReader in, OutputStream out) throws IOException {
        int length = 0;
        for (String line; (line = in.readLine()) != null && !line.isEmpty(); )
            if (line.toLowerCase().startsWith("content-length:")) length = Integer.parseInt(line.substring(15).trim());
        StringBuilder body = new StringBuilder();
        // The length counts bytes, the reader gives characters: stop when as many bytes have come.
        for (int bytes = 0; bytes < length; ) {
            int c = in.read();
            if (c < 0) break;
            body.append((char) c);
            bytes += Character.toString((char) c).getBytes(StandardCharsets.UTF_8).length;
        }
        note("http " + body);
        say(out, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }

    private static void say(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private static synchronized void note(String line) throws IOException {
        Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
