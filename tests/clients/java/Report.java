import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Runs named checks one after the other and prints one line each: `ok NAME` or `FAIL NAME: reason`. */
final class Report {
    static final int CHECK_SECONDS = 15;

    /** What a check does; it fails by throwing whatever it likes. */
    interface Check {
        void run() throws Exception;
    }

    private Report() {}

    static void expect(Object actual, Object wanted, String what) {
        expectTrue(Objects.deepEquals(actual, wanted), what + ": got " + actual + ", wanted " + wanted);
    }

    static void expectTrue(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what.length() > 300 ? what.substring(0, 300) : what);
        }
    }

    /** Waits until the condition holds. */
    static void eventually(Callable<Boolean> condition, String what) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CHECK_SECONDS);
        while (!condition.call()) {
            expectTrue(System.nanoTime() < deadline, "never: " + what);
            Thread.sleep(10);
        }
    }

    private static void report(ExecutorService runner, String name, Check check) {
        Future<Void> result = runner.submit(() -> {
            check.run();
            return null;
        });
        try {
            result.get(CHECK_SECONDS, TimeUnit.SECONDS);
            System.out.println("ok " + name);
        } catch (Exception failure) {
            result.cancel(true);
            Throwable reason = failure.getCause() == null ? failure : failure.getCause();
            System.out.println("FAIL " + name + ": " + reason.toString().replaceAll("\\s+", " "));
        }
    }

    static void run(Map<String, Check> checks) {
        ExecutorService runner = Executors.newCachedThreadPool();
        checks.forEach((name, check) -> report(runner, name, check));
        System.exit(0); // A thread that a failed check left waiting must not keep the process alive.
    }
}
