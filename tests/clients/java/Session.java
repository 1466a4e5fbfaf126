import java.util.Collection;
import java.util.List;
import java.util.Map;

/** The commands that the checks use, in one shape that every library is adapted to. A missing value is null. */
interface Session extends AutoCloseable {
    String ping();

    void set(String key, byte[] value);

    void setSeconds(String key, byte[] value, long seconds);

    void setMilliseconds(String key, byte[] value, long milliseconds);

    byte[] get(String key);

    void mset(Map<String, byte[]> values);

    List<byte[]> mget(String... keys);

    long incr(String key);

    long incrBy(String key, long by);

    long decr(String key);

    long ttl(String key);

    boolean expire(String key, long seconds);

    boolean persist(String key);

    long exists(String key);

    long dbSize();

    void flushDb();

    void flushAll();

    String clientInfo();

    String clientList();

    long clientId();

    long kill(long id);

    /** For every number below pairs, SET prefix+number number and GET prefix+number in one pipeline; all replies. */
    List<String> pipeline(String prefix, int pairs);

    Collection<String> scan(String match, int count);

    @Override
    void close();
}
