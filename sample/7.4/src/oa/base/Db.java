package oa.base;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Logger;
import org.sqlite.SQLiteConfig;

/**
 * A connection to the database, opened for one piece of work and closed after it. SQLite opens in well
 * under a millisecond, so there is no pool that could hold on to a file that was exchanged meanwhile.
 */
public final class Db implements AutoCloseable {
    private static String path;
    private static Db anchor;
    private final Connection connection;

    private Db(Connection connection) { this.connection = connection; }

    /**
     * One idle connection stays open while the application runs: when the last one closes, SQLite writes the
     * whole log back and deletes it, which would otherwise happen at every request.
     */
    public static synchronized void start(String file) {
        path = file;
        if (!new java.io.File(file).isFile()) throw new IllegalStateException("database not found: " + file);
        anchor = open();
    }

    public static synchronized void stop() {
        if (anchor != null) anchor.close();
        anchor = null;
        // The driver came with the application and goes with it; else Tomcat warns at every stop.
        try {
            DriverManager.deregisterDriver(DriverManager.getDriver("jdbc:sqlite:"));
        } catch (SQLException e) {
            Logger.getLogger("oa").warning("driver: " + e.getMessage());
        }
    }

    public static Db open() {
        try {
            SQLiteConfig config = new SQLiteConfig();
            config.setJournalMode(SQLiteConfig.JournalMode.WAL);
            config.setSynchronous(SQLiteConfig.SynchronousMode.NORMAL);
            config.setBusyTimeout(Settings.whole("database.busy.seconds", 5) * 1000);
            // A transaction that reads first and writes later can't wait for another writer; take the lock at once.
            config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
            return new Db(config.createConnection("jdbc:sqlite:" + path));
        } catch (SQLException e) {
            throw new IllegalStateException("database " + path + ": " + e.getMessage(), e);
        }
    }

    /** From here to commit() everything happens or nothing; closing without commit() takes it back. */
    public static Db transaction() {
        Db db = open();
        try {
            db.connection.setAutoCommit(false);
            return db;
        } catch (SQLException e) {
            db.close();
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    public void commit() {
        try {
            connection.commit();
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    public List<Row> list(String sql, Object... arguments) {
        try (PreparedStatement statement = prepare(sql, arguments); ResultSet result = statement.executeQuery()) {
            ResultSetMetaData columns = result.getMetaData();
            List<Row> rows = new ArrayList<>();
            while (result.next()) {
                Row row = new Row();
                for (int i = 1; i <= columns.getColumnCount(); i++) {
                    // Stored SQL may select two columns of one name; neither may push the other out.
                    String label = columns.getColumnLabel(i);
                    row.put(row.containsKey(label) ? label + "_" + i : label, result.getObject(i));
                }
                rows.add(row);
            }
            return rows;
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + " in: " + sql, e);
        }
    }

    /** The first row, or null. */
    public Row one(String sql, Object... arguments) {
        List<Row> rows = list(sql, arguments);
        return rows.isEmpty() ? null : rows.get(0);
    }

    public long count(String sql, Object... arguments) {
        Row row = one(sql, arguments);
        Object value = row == null ? null : row.values().iterator().next();
        return value instanceof Number n ? n.longValue() : 0;
    }

    public int run(String sql, Object... arguments) {
        try (PreparedStatement statement = prepare(sql, arguments)) {
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + " in: " + sql, e);
        }
    }

    /** Runs an INSERT and returns the new row's id. */
    public long insert(String sql, Object... arguments) {
        run(sql, arguments);
        return count("SELECT last_insert_rowid()");
    }

    private PreparedStatement prepare(String sql, Object... arguments) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql, Statement.NO_GENERATED_KEYS);
        for (int i = 0; i < arguments.length; i++) statement.setObject(i + 1, arguments[i]);
        return statement;
    }

    @Override public void close() {
        try {
            if (!connection.getAutoCommit()) connection.rollback();
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }
}
