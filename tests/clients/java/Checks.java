import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The list of checks for every Java client; a client's own file adapts its library to Library and Session.
 *
 * <p>Called as: CLIENT PROTOCOL PORT AUTH_PORT PASSWORD ROUNDS.
 */
final class Checks {
    private static final int POOL = 50;
    private static final byte[] BINARY = binary();

    private final Library library;
    private final Library.Options options;
    private final int authPort;
    private final String password;
    private final int rounds;
    private final Session main;

    private Checks(Library library, String[] arguments) {
        this.library = library;
        options = new Library.Options(Integer.parseInt(arguments[1]), 0, null, Integer.parseInt(arguments[0]));
        authPort = Integer.parseInt(arguments[2]);
        password = arguments[3];
        rounds = Integer.parseInt(arguments[4]);
        main = library.open(options);
        main.flushAll();
    }

    private static byte[] binary() {
        byte[] bytes = new byte[260];
        for (int i = 0; i < 256; i++) {
            bytes[i] = (byte) i;
        }
        System.arraycopy(bytes("\r\n\0\r"), 0, bytes, 256, 4);
        return bytes;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    private Session open(int port, int database, String password) {
        return library.open(new Library.Options(port, database, password, options.protocol()));
    }

    private void connect() {
        Report.expect(main.ping(), "PONG", "PING");
        String info = main.clientInfo().strip() + " ";
        Report.expectTrue(info.contains(" resp=" + options.protocol() + " "), "protocol in " + info);
        Report.expectTrue(info.contains(" db=0 "), "database in " + info);
    }

    private void binaryValue() {
        main.setSeconds("binary", BINARY, 100);
        Report.expectTrue(Arrays.equals(main.get("binary"), BINARY), "GET differs");
        long left = main.ttl("binary");
        Report.expectTrue(left >= 1 && left <= 100, "TTL " + left);
        byte[] large = new byte[BINARY.length * 4000];
        for (int i = 0; i < 4000; i++) {
            System.arraycopy(BINARY, 0, large, i * BINARY.length, BINARY.length);
        }
        main.set("large", large);
        Report.expectTrue(Arrays.equals(main.get("large"), large), "GET of a large value differs");
    }

    private void expiry() throws InterruptedException {
        main.setMilliseconds("short", bytes("v"), 500);
        Report.expect(text(main.get("short")), "v", "GET before");
        Thread.sleep(600);
        Report.expect(main.get("short"), null, "GET after");
    }

    private void msetMget() {
        Map<String, byte[]> values = new LinkedHashMap<>();
        values.put("m1", bytes("a"));
        values.put("m2", BINARY);
        values.put("m3", bytes(""));
        main.mset(values);
        List<byte[]> found = main.mget("m1", "missing", "m2", "m3");
        byte[][] wanted = {bytes("a"), null, BINARY, bytes("")};
        Report.expectTrue(Objects.deepEquals(found.toArray(), wanted), "MGET differs");
    }

    private void incr() {
        Report.expect(List.of(main.incr("n"), main.incr("n")), List.of(1L, 2L), "INCR twice");
        Report.expect(main.incrBy("n", 40), 42L, "INCRBY");
        Report.expect(main.decr("n"), 41L, "DECR");
        Report.expect(text(main.get("n")), "41", "GET");
    }

    private void expireTtl() {
        main.set("e", bytes("v"));
        Report.expect(List.of(main.ttl("missing"), main.ttl("e")), List.of(-2L, -1L), "TTL without one");
        Report.expect(main.expire("e", 50), true, "EXPIRE");
        long left = main.ttl("e");
        Report.expectTrue(left >= 48 && left <= 50, "TTL " + left);
        Report.expect(main.persist("e"), true, "PERSIST");
        Report.expect(main.ttl("e"), -1L, "TTL after PERSIST");
        Report.expect(main.expire("missing", 50), false, "EXPIRE of a missing key");
    }

    private void pipeline() {
        List<String> wanted = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            wanted.add("OK");
            wanted.add(Integer.toString(i));
        }
        Report.expect(main.pipeline("pipe:", 500), wanted, "replies in order");
    }

    private void pool() throws Exception {
        CyclicBarrier connected = new CyclicBarrier(POOL + 1);
        CyclicBarrier released = new CyclicBarrier(POOL + 1);
        ExecutorService threads = Executors.newFixedThreadPool(POOL);
        try (Library.Pool pool = library.openPool(POOL, options)) {
            List<Future<Void>> results = new ArrayList<>();
            for (int i = 0; i < POOL; i++) {
                String key = "pool:" + i;
                results.add(threads.submit((Callable<Void>) () -> {
                    pool.run(session -> {
                        session.ping();
                        connected.await(Report.CHECK_SECONDS, TimeUnit.SECONDS);
                        released.await(Report.CHECK_SECONDS, TimeUnit.SECONDS);
                        work(session, key);
                    });
                    return null;
                }));
            }
            connected.await(Report.CHECK_SECONDS, TimeUnit.SECONDS);
            long clients = main.clientList().strip().lines().count();
            released.await(Report.CHECK_SECONDS, TimeUnit.SECONDS);
            for (Future<Void> result : results) {
                result.get();
            }
            Report.expectTrue(clients >= POOL, "only " + clients + " connections at once");
            Report.expect(text(main.get("pool:sum")), Integer.toString(POOL * rounds), "sum of all increments");
        } finally {
            threads.shutdownNow();
        }
    }

    private void work(Session session, String key) {
        for (int i = 0; i < rounds; i++) {
            session.incr("pool:sum");
            session.set(key, bytes(Integer.toString(i)));
            Report.expect(text(session.get(key)), Integer.toString(i), "own key");
        }
    }

    private void scan() {
        main.flushDb();
        Map<String, byte[]> values = new LinkedHashMap<>();
        for (int i = 0; i < 1500; i++) {
            values.put("scan:" + i, bytes("v"));
        }
        main.mset(values);
        Report.expect(new TreeSet<>(main.scan("*", 100)), new TreeSet<>(values.keySet()), "all keys");
        Report.expect(new TreeSet<>(main.scan("scan:1*", 100)).size(), 611, "keys that match scan:1*");
    }

    private void errorReply() {
        main.set("text", bytes("abc"));
        try {
            main.incr("text");
        } catch (RuntimeException failure) {
            Report.expectTrue(library.isReplyError(failure), "class " + failure.getClass());
            String reply = failure.getMessage();
            Report.expectTrue(reply.contains("value is not an integer or out of range"), reply);
            Report.expect(text(main.get("text")), "abc", "GET after the error");
            return;
        }
        throw new AssertionError("INCR of a text did not fail");
    }

    private void reconnect() throws InterruptedException {
        long before = main.clientId();
        try (Session admin = library.open(options)) {
            Report.expect(admin.kill(before), 1L, "CLIENT KILL ID");
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (true) {
            try {
                Report.expect(text(main.get("text")), "abc", "GET after the kill");
                break;
            } catch (RuntimeException failure) {
                if (library.isReplyError(failure) || System.nanoTime() > deadline) {
                    throw failure;
                }
                Thread.sleep(20);
            }
        }
        Report.expectTrue(main.clientId() != before, "the connection was not killed");
    }

    private void select() {
        try (Session other = open(options.port(), 5, null)) {
            other.set("only:5", bytes("v"));
            Report.expectTrue(other.clientInfo().contains(" db=5 "), "database in " + other.clientInfo());
            Report.expect(List.of(other.dbSize(), main.exists("only:5")), List.of(1L, 0L), "keys of databases 5 and 0");
        }
    }

    private void auth() {
        try (Session secured = open(authPort, 0, password)) {
            secured.set("a", bytes("b"));
            Report.expect(text(secured.get("a")), "b", "GET");
        }
    }

    private void authRefused() {
        for (String[] row : new String[][] {{"wrong", "WRONGPASS"}, {null, "NOAUTH"}}) {
            try (Session secured = open(authPort, 0, row[0])) {
                secured.get("a");
            } catch (RuntimeException failure) {
                StringBuilder reasons = new StringBuilder();
                for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                    reasons.append(cause).append(' '); // The server's text may be the cause of the library's own error.
                }
                Report.expectTrue(reasons.indexOf(row[1]) >= 0, "password " + row[0] + ": " + reasons);
                continue;
            }
            throw new AssertionError("password " + row[0] + " was accepted");
        }
    }

    private void close() throws InterruptedException {
        String row = "id=" + main.clientId() + " ";
        main.close();
        try (Session admin = library.open(options)) {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
            while (admin.clientList().lines().anyMatch(line -> line.startsWith(row))) {
                Report.expectTrue(System.nanoTime() < deadline, "the server still lists the closed connection");
                Thread.sleep(20);
            }
        }
    }

    static void run(Library library, String[] arguments) {
        Checks checks = new Checks(library, arguments);
        Map<String, Report.Check> list = new LinkedHashMap<>();
        list.put("connect", checks::connect);
        list.put("binary_value", checks::binaryValue);
        list.put("expiry", checks::expiry);
        list.put("mset_mget", checks::msetMget);
        list.put("incr", checks::incr);
        list.put("expire_ttl", checks::expireTtl);
        list.put("pipeline", checks::pipeline);
        list.put("pool", checks::pool);
        list.put("scan", checks::scan);
        list.put("error_reply", checks::errorReply);
        list.put("reconnect", checks::reconnect);
        list.put("select", checks::select);
        list.put("auth", checks::auth);
        list.put("auth_refused", checks::authRefused);
        list.put("close", checks::close);
        Report.run(list);
    }
}
