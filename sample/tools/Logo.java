import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Draws a logo of the sample: java Logo.java OUT.png RRGGBB. A plain square with a stripe, so that the
 * pictures of vendor and customer can be told apart, by eye and by digest.
 */
public class Logo {
    private static final int WIDTH = 120, HEIGHT = 40;

    public static void main(String[] argument) throws Exception {
        int colour = Integer.parseInt(argument[1], 16);
        byte[] pixels = new byte[HEIGHT * (1 + WIDTH * 3)];
        for (int y = 0, at = 0; y < HEIGHT; y++) {
            pixels[at++] = 0;
            for (int x = 0; x < WIDTH; x++) {
                int c = Math.abs(x - y * 2 - 20) < 8 ? 0xffffff : colour;
                pixels[at++] = (byte) (c >> 16);
                pixels[at++] = (byte) (c >> 8);
                pixels[at++] = (byte) c;
            }
        }
        Deflater deflater = new Deflater(9);
        deflater.setInput(pixels);
        deflater.finish();
        byte[] packed = new byte[pixels.length];
        int length = deflater.deflate(packed);
        var out = new ByteArrayOutputStream();
        var data = new DataOutputStream(out);
        data.writeLong(0x89504E470D0A1A0AL);
        var header = new ByteArrayOutputStream();
        var fields = new DataOutputStream(header);
        fields.writeInt(WIDTH);
        fields.writeInt(HEIGHT);
        fields.write(new byte[] {8, 2, 0, 0, 0});
        chunk(data, "IHDR", header.toByteArray(), header.size());
        chunk(data, "IDAT", packed, length);
        chunk(data, "IEND", new byte[0], 0);
        Files.write(Path.of(argument[0]), out.toByteArray());
    }

    private static void chunk(DataOutputStream out, String type, byte[] content, int length) throws Exception {
        CRC32 sum = new CRC32();
        sum.update(type.getBytes());
        sum.update(content, 0, length);
        out.writeInt(length);
        out.writeBytes(type);
        out.write(content, 0, length);
        out.writeInt((int) sum.getValue());
    }
}
