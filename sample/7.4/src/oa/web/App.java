package oa.web;

import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import oa.Build;
import oa.base.Db;
import oa.base.Labels;
import oa.base.Licence;
import oa.base.Settings;
import oa.out.Scheduler;

/** Start and stop of the application. */
public final class App implements ServletContextListener {
    private static final Logger LOG = Logger.getLogger("oa");
    private static volatile String started = "", problem = "starting";
    private final Scheduler scheduler = new Scheduler();

    public static String started() { return started; }

    /** Why the application can't work, or empty. Pages and API then answer 503; health tells the reason. */
    public static String problem() { return problem; }

    @Override public void contextInitialized(ServletContextEvent event) {
        started = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        try {
            Path webapp = Path.of(event.getServletContext().getRealPath("/"));
            Settings.load(webapp.resolve("WEB-INF/prop/oa.properties"));
            Licence.at(webapp.resolveSibling("license").resolve("oa.license"));
            Db.start(Settings.file("database.path", ""));
            try (Db db = Db.open()) {
                Labels.load(db);
            }
            scheduler.start();
            problem = "";
            LOG.info("OA " + Build.version() + " build " + Build.id() + " started");
        } catch (Exception e) {
            problem = e.getMessage();
            LOG.log(Level.SEVERE, "start failed", e);
        }
    }

    @Override public void contextDestroyed(ServletContextEvent event) {
        scheduler.stop();
        Db.stop();
    }
}
