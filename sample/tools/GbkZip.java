import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs a folder as vendors in China long did: names in GBK without the UTF-8 flag. java GbkZip.java FOLDER OUT.zip.
 * Sorted, with one fixed time, so that the same folder gives the same bytes.
 */
public class GbkZip {
    public static void main(String[] argument) throws Exception {
        Path folder = Path.of(argument[0]);
        List<Path> files;
        try (var walk = Files.walk(folder)) {
            files = walk.filter(Files::isRegularFile).sorted().toList();
        }
        try (OutputStream out = Files.newOutputStream(Path.of(argument[1])); ZipOutputStream zip = new ZipOutputStream(out, Charset.forName("GBK"))) {
            for (Path file : files) {
                ZipEntry entry = new ZipEntry(folder.relativize(file).toString());
                entry.setTimeLocal(LocalDateTime.of(2025, 3, 1, 8, 0));
                zip.putNextEntry(entry);
                Files.copy(file, zip);
                zip.closeEntry();
            }
        }
    }
}
