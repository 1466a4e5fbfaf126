import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.Response;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.params.ClientKillParams;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;

/** Jedis: adapts the library to Library and Session and runs the list of Checks. */
final class JedisClient implements Library {
    /** A command on a connection that is borrowed from the client's pool for as long as the command takes. */
    private interface Use<T> {
        T on(Jedis jedis);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static RedisClient client(int size, Options options) {
        ConnectionPoolConfig pool = new ConnectionPoolConfig();
        pool.setMaxTotal(size);
        pool.setMaxIdle(size);
        DefaultJedisClientConfig.Builder config = DefaultJedisClientConfig.builder().database(options.database())
            .password(options.password()).protocol(options.protocol() == 3 ? RedisProtocol.RESP3 : RedisProtocol.RESP2);
        return RedisClient.builder().hostAndPort("127.0.0.1", options.port()).clientConfig(config.build())
            .poolConfig(pool).build();
    }

    @Override
    public Session open(Options options) {
        RedisClient client = client(1, options);
        return new JedisSession(client) {
            @Override
            <T> T use(Use<T> command) {
                try (Jedis jedis = new Jedis(client.getPool().getResource())) {
                    return command.on(jedis);
                }
            }
        };
    }

    @Override
    public Pool openPool(int size, Options options) {
        RedisClient client = client(size, options);
        return new Pool() {
            @Override
            public void run(Task task) throws Exception {
                try (Jedis jedis = new Jedis(client.getPool().getResource())) {
                    task.run(new JedisSession(jedis) {
                        @Override
                        <T> T use(Use<T> command) {
                            return command.on(jedis);
                        }
                    });
                }
            }

            @Override
            public void close() {
                client.close();
            }
        };
    }

    @Override
    public boolean isReplyError(Throwable failure) {
        return failure instanceof JedisDataException;
    }

    private abstract static class JedisSession implements Session {
        private final AutoCloseable owned;

        JedisSession(AutoCloseable owned) {
            this.owned = owned;
        }

        abstract <T> T use(Use<T> command);

        @Override
        public String ping() {
            return use(Jedis::ping);
        }

        @Override
        public void set(String key, byte[] value) {
            use(jedis -> jedis.set(bytes(key), value));
        }

        @Override
        public void setSeconds(String key, byte[] value, long seconds) {
            use(jedis -> jedis.set(bytes(key), value, SetParams.setParams().ex(seconds)));
        }

        @Override
        public void setMilliseconds(String key, byte[] value, long milliseconds) {
            use(jedis -> jedis.set(bytes(key), value, SetParams.setParams().px(milliseconds)));
        }

        @Override
        public byte[] get(String key) {
            return use(jedis -> jedis.get(bytes(key)));
        }

        @Override
        public void mset(Map<String, byte[]> values) {
            byte[][] flat = values.entrySet().stream()
                .flatMap(entry -> Stream.of(bytes(entry.getKey()), entry.getValue())).toArray(byte[][]::new);
            use(jedis -> jedis.mset(flat));
        }

        @Override
        public List<byte[]> mget(String... keys) {
            return use(jedis -> jedis.mget(Stream.of(keys).map(JedisClient::bytes).toArray(byte[][]::new)));
        }

        @Override
        public long incr(String key) {
            return use(jedis -> jedis.incr(key));
        }

        @Override
        public long incrBy(String key, long by) {
            return use(jedis -> jedis.incrBy(key, by));
        }

        @Override
        public long decr(String key) {
            return use(jedis -> jedis.decr(key));
        }

        @Override
        public long ttl(String key) {
            return use(jedis -> jedis.ttl(key));
        }

        @Override
        public boolean expire(String key, long seconds) {
            return use(jedis -> jedis.expire(key, seconds)) == 1;
        }

        @Override
        public boolean persist(String key) {
            return use(jedis -> jedis.persist(key)) == 1;
        }

        @Override
        public long exists(String key) {
            return use(jedis -> jedis.exists(new String[] {key}));
        }

        @Override
        public long dbSize() {
            return use(Jedis::dbSize);
        }

        @Override
        public void flushDb() {
            use(Jedis::flushDB);
        }

        @Override
        public void flushAll() {
            use(Jedis::flushAll);
        }

        @Override
        public String clientInfo() {
            return use(Jedis::clientInfo);
        }

        @Override
        public String clientList() {
            return use(jedis -> jedis.clientList());
        }

        @Override
        public long clientId() {
            return use(Jedis::clientId);
        }

        @Override
        public long kill(long id) {
            return use(jedis -> jedis.clientKill(ClientKillParams.clientKillParams().id(Long.toString(id))));
        }

        @Override
        public List<String> pipeline(String prefix, int pairs) {
            return use(jedis -> {
                List<Response<String>> replies = new ArrayList<>();
                try (Pipeline pipeline = jedis.pipelined()) {
                    for (int i = 0; i < pairs; i++) {
                        replies.add(pipeline.set(prefix + i, Integer.toString(i)));
                        replies.add(pipeline.get(prefix + i));
                    }
                    pipeline.sync();
                }
                return replies.stream().map(Response::get).toList();
            });
        }

        @Override
        public Collection<String> scan(String match, int count) {
            return use(jedis -> {
                List<String> keys = new ArrayList<>();
                String cursor = ScanParams.SCAN_POINTER_START;
                do {
                    var step = jedis.scan(cursor, new ScanParams().match(match).count(count));
                    keys.addAll(step.getResult());
                    cursor = step.getCursor();
                } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
                return keys;
            });
        }

        @Override
        public void close() {
            try {
                owned.close();
            } catch (Exception failure) {
                throw new IllegalStateException(failure);
            }
        }
    }

    public static void main(String[] arguments) {
        Checks.run(new JedisClient(), arguments);
    }
}
