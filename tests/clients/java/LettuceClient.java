import io.lettuce.core.ClientOptions;
import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.support.ConnectionPoolSupport;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;

/** Lettuce: adapts the library to Library and Session and runs the list of Checks. */
final class LettuceClient implements Library {
    private static final RedisCodec<String, byte[]> CODEC = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

    private static RedisClient client(Options options) {
        RedisURI.Builder uri = RedisURI.Builder.redis("127.0.0.1", options.port()).withDatabase(options.database());
        if (options.password() != null) {
            uri.withPassword(options.password().toCharArray());
        }
        RedisClient client = RedisClient.create(uri.build());
        client.setOptions(ClientOptions.builder()
            .protocolVersion(options.protocol() == 3 ? ProtocolVersion.RESP3 : ProtocolVersion.RESP2).build());
        return client;
    }

    private static void shutDown(RedisClient client) {
        client.shutdown(0, 2, TimeUnit.SECONDS); // The default waits two seconds for silence.
    }

    @Override
    public Session open(Options options) {
        RedisClient client = client(options);
        try {
            return new LettuceSession(client.connect(CODEC), () -> shutDown(client));
        } catch (RuntimeException failure) {
            shutDown(client);
            throw failure;
        }
    }

    @Override
    public Pool openPool(int size, Options options) {
        RedisClient client = client(options);
        GenericObjectPoolConfig<StatefulRedisConnection<String, byte[]>> config = new GenericObjectPoolConfig<>();
        config.setMaxTotal(size);
        config.setMaxIdle(size);
        GenericObjectPool<StatefulRedisConnection<String, byte[]>> pool =
            ConnectionPoolSupport.createGenericObjectPool(() -> client.connect(CODEC), config, false);
        return new Pool() {
            @Override
            public void run(Task task) throws Exception {
                StatefulRedisConnection<String, byte[]> connection = pool.borrowObject();
                try {
                    task.run(new LettuceSession(connection, () -> { }));
                } finally {
                    pool.returnObject(connection);
                }
            }

            @Override
            public void close() {
                pool.close();
                shutDown(client);
            }
        };
    }

    @Override
    public boolean isReplyError(Throwable failure) {
        return failure instanceof RedisCommandExecutionException;
    }

    private record LettuceSession(StatefulRedisConnection<String, byte[]> connection, Runnable afterwards)
        implements Session {
        private RedisCommands<String, byte[]> commands() {
            return connection.sync();
        }

        @Override
        public String ping() {
            return commands().ping();
        }

        @Override
        public void set(String key, byte[] value) {
            commands().set(key, value);
        }

        @Override
        public void setSeconds(String key, byte[] value, long seconds) {
            commands().set(key, value, SetArgs.Builder.ex(seconds));
        }

        @Override
        public void setMilliseconds(String key, byte[] value, long milliseconds) {
            commands().set(key, value, SetArgs.Builder.px(milliseconds));
        }

        @Override
        public byte[] get(String key) {
            return commands().get(key);
        }

        @Override
        public void mset(Map<String, byte[]> values) {
            commands().mset(values);
        }

        @Override
        public List<byte[]> mget(String... keys) {
            List<byte[]> values = new ArrayList<>();
            commands().mget(keys).forEach(value -> values.add(value.getValueOrElse(null)));
            return values;
        }

        @Override
        public long incr(String key) {
            return commands().incr(key);
        }

        @Override
        public long incrBy(String key, long by) {
            return commands().incrby(key, by);
        }

        @Override
        public long decr(String key) {
            return commands().decr(key);
        }

        @Override
        public long ttl(String key) {
            return commands().ttl(key);
        }

        @Override
        public boolean expire(String key, long seconds) {
            return commands().expire(key, seconds);
        }

        @Override
        public boolean persist(String key) {
            return commands().persist(key);
        }

        @Override
        public long exists(String key) {
            return commands().exists(key);
        }

        @Override
        public long dbSize() {
            return commands().dbsize();
        }

        @Override
        public void flushDb() {
            commands().flushdb();
        }

        @Override
        public void flushAll() {
            commands().flushall();
        }

        @Override
        public String clientInfo() {
            return commands().clientInfo();
        }

        @Override
        public String clientList() {
            return commands().clientList();
        }

        @Override
        public long clientId() {
            return commands().clientId();
        }

        @Override
        public long kill(long id) {
            return commands().clientKill(KillArgs.Builder.id(id));
        }

        @Override
        public List<String> pipeline(String prefix, int pairs) {
            var asynchronous = connection.async();
            List<RedisFuture<?>> futures = new ArrayList<>();
            connection.setAutoFlushCommands(false);
            for (int i = 0; i < pairs; i++) {
                futures.add(asynchronous.set(prefix + i, Integer.toString(i).getBytes(StandardCharsets.UTF_8)));
                futures.add(asynchronous.get(prefix + i));
            }
            connection.flushCommands();
            connection.setAutoFlushCommands(true);
            return futures.stream().map(LettuceSession::text).toList();
        }

        private static String text(RedisFuture<?> future) {
            try {
                Object reply = future.get(10, TimeUnit.SECONDS);
                return reply instanceof byte[] value ? new String(value, StandardCharsets.UTF_8) : (String) reply;
            } catch (InterruptedException | ExecutionException | TimeoutException failure) {
                throw new IllegalStateException(failure);
            }
        }

        @Override
        public Collection<String> scan(String match, int count) {
            List<String> keys = new ArrayList<>();
            ScanIterator.scan(commands(), ScanArgs.Builder.matches(match).limit(count)).forEachRemaining(keys::add);
            return keys;
        }

        @Override
        public void close() {
            connection.close();
            afterwards.run();
        }
    }

    public static void main(String[] arguments) {
        Checks.run(new LettuceClient(), arguments);
    }
}
