import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.redisson.Redisson;
import org.redisson.api.RBlockingQueue;
import org.redisson.api.RBucket;
import org.redisson.api.RCountDownLatch;
import org.redisson.api.RLock;
import org.redisson.api.RMapCache;
import org.redisson.api.RPermitExpirableSemaphore;
import org.redisson.api.RRateLimiter;
import org.redisson.api.RReadWriteLock;
import org.redisson.api.RedissonClient;
import org.redisson.api.RateType;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;
import org.redisson.config.Protocol;

/** Redisson: that its locks, and what else it makes of scripts and Pub/Sub, hold between two clients. */
final class RedissonLocks {
    private static final int WATCHDOG_MS = 2000;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final RedissonClient one;
    private final RedissonClient two;
    private final RedissonClient watchful;
    private final int rounds;

    private RedissonLocks(String[] arguments) {
        one = connect(arguments, 30_000);
        two = connect(arguments, 30_000);
        watchful = connect(arguments, WATCHDOG_MS);
        rounds = Integer.parseInt(arguments[4]);
    }

    private static RedissonClient connect(String[] arguments, int watchdogMs) {
        Config config = new Config();
        config.setProtocol(arguments[0].equals("3") ? Protocol.RESP3 : Protocol.RESP2);
        config.setLockWatchdogTimeout(watchdogMs);
        config.useSingleServer().setAddress("redis://127.0.0.1:" + arguments[1]).setConnectionMinimumIdleSize(2);
        return Redisson.create(config);
    }

    /** Whether another client gets the lock at once; if so it gives it back. */
    private boolean isFree(RLock lock) throws Exception {
        return threads.submit(() -> {
            boolean locked = lock.tryLock();
            if (locked) {
                lock.unlock();
            }
            return locked;
        }).get();
    }

    private static <T> List<T> all(List<Future<T>> futures) throws Exception {
        List<T> results = new ArrayList<>();
        for (Future<T> future : futures) {
            results.add(future.get());
        }
        return results;
    }

    private void lock() throws Exception {
        RLock mine = one.getLock("lock");
        RLock theirs = two.getLock("lock");
        mine.lock();
        mine.lock();
        Report.expect(mine.getHoldCount(), 2, "hold count");
        mine.unlock();
        Report.expectTrue(!isFree(theirs), "another client got a lock that is held");
        mine.unlock();
        Report.expectTrue(isFree(theirs), "a lock that was given back is held");
        Report.expectTrue(!mine.isLocked(), "isLocked");
    }

    /** A number is read, and written a moment later: only a lock keeps its sum exact. */
    private void excludes() throws Exception {
        one.getBucket("sum").set(0);
        List<Future<Void>> tasks = new ArrayList<>();
        for (RedissonClient client : List.of(one, two, one, two, one)) {
            Callable<Void> task = () -> {
                RLock lock = client.getLock("sum lock");
                RBucket<Integer> sum = client.getBucket("sum");
                for (int i = 0; i < rounds / 5; i++) {
                    lock.lock();
                    int before = sum.get();
                    Thread.sleep(1);
                    sum.set(before + 1);
                    lock.unlock();
                }
                return null;
            };
            tasks.add(threads.submit(task));
        }
        all(tasks);
        Report.expect(two.getBucket("sum").get(), rounds, "sum");
    }

    /** Who waits for a lock hears by Pub/Sub that it is free. */
    private void wakesWaiter() throws Exception {
        RLock lock = one.getLock("wake");
        lock.lock(60, TimeUnit.SECONDS);
        Future<Boolean> waiter = threads.submit(() -> two.getLock("wake").tryLock(10, 5, TimeUnit.SECONDS));
        Thread.sleep(300);
        Report.expectTrue(!waiter.isDone(), "the waiter has the lock too");
        lock.unlock();
        Report.expect(waiter.get(5, TimeUnit.SECONDS), true, "the waiter's lock");
    }

    /** A lock without a time of its own is renewed while its holder lives; one with a time is not. */
    private void watchdog() throws Exception {
        RLock renewed = watchful.getLock("renewed");
        RLock brief = watchful.getLock("brief");
        renewed.lock();
        brief.lock(WATCHDOG_MS, TimeUnit.MILLISECONDS);
        Thread.sleep(WATCHDOG_MS * 3 / 2);
        Report.expectTrue(!isFree(two.getLock("renewed")), "the lock was not renewed");
        Report.expectTrue(isFree(two.getLock("brief")), "the lock did not expire");
        renewed.unlock();
        try {
            brief.unlock();
            throw new AssertionError("a lock that had expired was unlocked");
        } catch (IllegalMonitorStateException expected) {
            Report.expectTrue(expected.getMessage().contains("not locked by current thread"), expected.getMessage());
        }
    }

    private void fairLock() throws Exception {
        RLock held = one.getFairLock("fair");
        held.lock(60, TimeUnit.SECONDS);
        List<Integer> order = Collections.synchronizedList(new ArrayList<>());
        List<Future<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            int number = i;
            tasks.add(threads.submit(() -> {
                RLock lock = (number % 2 == 0 ? one : two).getFairLock("fair");
                lock.lock(60, TimeUnit.SECONDS);
                order.add(number);
                lock.unlock();
                return null;
            }));
            int waiting = i + 1;
            Report.eventually(() -> one.getList("redisson_lock_queue:{fair}", StringCodec.INSTANCE).size() == waiting,
                "the next one waits");
        }
        held.unlock();
        all(tasks);
        Report.expect(order, List.of(0, 1, 2, 3), "order");
    }

    private void readWriteLock() throws Exception {
        RReadWriteLock mine = one.getReadWriteLock("rw");
        RReadWriteLock theirs = two.getReadWriteLock("rw");
        mine.readLock().lock();
        Report.expectTrue(isFree(theirs.readLock()), "another reader is kept out");
        Report.expectTrue(!isFree(theirs.writeLock()), "a writer got the lock of a reader");
        mine.readLock().unlock();
        mine.writeLock().lock();
        Report.expectTrue(!isFree(theirs.readLock()), "a reader got the lock of a writer");
        Report.expectTrue(!isFree(theirs.writeLock()), "two writers got the lock");
        mine.writeLock().unlock();
        Report.expectTrue(isFree(theirs.writeLock()), "held after all");
    }

    private void semaphore() throws Exception {
        RPermitExpirableSemaphore permits = one.getPermitExpirableSemaphore("permits");
        permits.trySetPermits(2);
        String first = permits.acquire();
        permits.acquire(500, TimeUnit.MILLISECONDS);
        RPermitExpirableSemaphore theirs = two.getPermitExpirableSemaphore("permits");
        Report.expect(theirs.tryAcquire(), null, "a third permit");
        Report.expectTrue(theirs.tryAcquire(10, TimeUnit.SECONDS) != null, "no permit after one had expired");
        permits.release(first);
        Report.expect(theirs.availablePermits(), 1, "permits");
    }

    private void latch() throws Exception {
        RCountDownLatch latch = one.getCountDownLatch("latch");
        latch.trySetCount(2);
        Future<Boolean> waiter = threads.submit(() -> two.getCountDownLatch("latch").await(10, TimeUnit.SECONDS));
        latch.countDown();
        Thread.sleep(200);
        Report.expectTrue(!waiter.isDone(), "the waiter went on too early");
        latch.countDown();
        Report.expect(waiter.get(5, TimeUnit.SECONDS), true, "await");
    }

    private void rateLimiter() throws Exception {
        RRateLimiter limiter = one.getRateLimiter("limiter");
        limiter.trySetRate(RateType.OVERALL, 5, Duration.ofSeconds(2));
        int given = 0;
        for (int i = 0; i < 10; i++) {
            given += (i % 2 == 0 ? one : two).getRateLimiter("limiter").tryAcquire() ? 1 : 0;
        }
        Report.expect(given, 5, "given in one window");
        Report.expectTrue(limiter.tryAcquire(1, Duration.ofSeconds(5)), "nothing in the next window");
    }

    private void mapCache() throws Exception {
        RMapCache<String, Integer> map = one.getMapCache("map");
        map.put("brief", 1, 300, TimeUnit.MILLISECONDS);
        map.put("lasting", 2);
        Report.expect(two.getMapCache("map").readAllMap(), Map.of("brief", 1, "lasting", 2), "entries");
        Thread.sleep(350);
        Report.expect(two.getMapCache("map").readAllMap(), Map.of("lasting", 2), "entries later");
    }

    private void blockingQueue() throws Exception {
        RBlockingQueue<String> theirs = two.getBlockingQueue("queue");
        Future<List<String>> taker = threads.submit(() -> List.of(theirs.take(), theirs.take()));
        Thread.sleep(100);
        one.getBlockingQueue("queue").addAll(List.of("a", "b"));
        Report.expect(taker.get(5, TimeUnit.SECONDS), List.of("a", "b"), "taken");
    }

    public static void main(String[] arguments) {
        RedissonLocks locks = new RedissonLocks(arguments);
        Map<String, Report.Check> list = new LinkedHashMap<>();
        list.put("lock", locks::lock);
        list.put("excludes", locks::excludes);
        list.put("wakes_waiter", locks::wakesWaiter);
        list.put("watchdog", locks::watchdog);
        list.put("fair_lock", locks::fairLock);
        list.put("read_write_lock", locks::readWriteLock);
        list.put("semaphore", locks::semaphore);
        list.put("latch", locks::latch);
        list.put("rate_limiter", locks::rateLimiter);
        list.put("map_cache", locks::mapCache);
        list.put("blocking_queue", locks::blockingQueue);
        Report.run(list);
    }
}
