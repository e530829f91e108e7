package oa.out;

import java.time.Duration;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import oa.base.Db;
import oa.base.Row;
import oa.base.Times;

/** Runs the jobs of table schedule_job. The table is read at every tick: switching a job off takes effect at once. */
public final class Scheduler {
    private static final Logger LOG = Logger.getLogger("oa.schedule");
    private static final Map<String, Supplier<String>> JOBS = Map.of(
        "mail.reminder", Reminder::run, "mail.flush", Outbox::flushMail, "interface.flush", Outbox::flushInterface);
    private ScheduledExecutorService executor;

    public void start() {
        executor = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "oa-scheduler");
            thread.setDaemon(true);
            return thread;
        });
        executor.scheduleWithFixedDelay(this::tick, 1, 1, TimeUnit.SECONDS);
    }

    public void stop() {
        if (executor == null) return;
        executor.shutdown();
        try {
            if (!executor.awaitTermination(6, TimeUnit.SECONDS)) executor.shutdownNow();
        } catch (InterruptedException e) {
            executor.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    private void tick() {
        try {
            List<Row> jobs;
            try (Db db = Db.open()) {
                jobs = db.list("SELECT code, interval_seconds, last_run FROM schedule_job WHERE enabled = 1 ORDER BY code");
            }
            for (Row job : jobs) if (due(job)) run(job.text("code"));
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "scheduler", e); // An exception that got out would end all further ticks.
        }
    }

    private static boolean due(Row job) {
        if (job.empty("last_run")) return true;
        return Duration.between(Times.parse(job.text("last_run")), LocalDateTime.now()).getSeconds() >= job.number("interval_seconds");
    }

    private static void run(String code) {
        String started = Times.now(), result;
        try {
            result = JOBS.getOrDefault(code, () -> "no such job").get();
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "job " + code, e);
            result = "error: " + e.getMessage();
        }
        try (Db db = Db.open()) {
            db.run("UPDATE schedule_job SET last_run = ?, last_result = ? WHERE code = ?", started, result, code);
        }
    }
}
