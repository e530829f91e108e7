package oa.workflow;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import oa.base.Db;
import oa.base.Failure;
import oa.base.Row;
import oa.base.Settings;
import oa.base.Times;
import oa.hr.Person;

/** Attachments: files below setting filesystem.path, one folder per month; the table keeps name and absolute path. */
public final class Attachments {
    private Attachments() {}

    public static Row add(Db db, Person person, long request, String name, InputStream content) throws IOException {
        if (name == null || name.isBlank()) throw Failure.bad("name", "附件没有名称");
        Path folder = Path.of(Settings.stored(db, "filesystem.path", ""), Times.now().substring(0, 7).replace("-", ""));
        Files.createDirectories(folder);
        long id = db.insert("INSERT INTO wf_attachment (request_id, name, path, size, person_id, at) VALUES (?, ?, '', 0, ?, ?)", request, name, person.id(), Times.now());
        // The name on disk is a number: names of users may hold anything.
        Path file = folder.resolve(String.format("%08d.bin", id));
        long size = Files.copy(content, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        db.run("UPDATE wf_attachment SET path = ?, size = ? WHERE id = ?", file.toString(), size, id);
        return db.one("SELECT id, name, size FROM wf_attachment WHERE id = ?", id);
    }

    public static List<Row> of(Db db, long request) {
        return db.list("SELECT id, name, size, at FROM wf_attachment WHERE request_id = ? ORDER BY id", request);
    }

    static void remove(Db db, long request) {
        for (Row row : db.list("SELECT path FROM wf_attachment WHERE request_id = ?", request)) {
            try {
                Files.deleteIfExists(Path.of(row.text("path")));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
        db.run("DELETE FROM wf_attachment WHERE request_id = ?", request);
    }
}
