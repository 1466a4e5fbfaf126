import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.session.FindByIndexNameSessionRepository;
import org.springframework.session.Session;
import org.springframework.session.data.redis.RedisIndexedSessionRepository;
import org.springframework.session.data.redis.RedisIndexedSessionRepository.RedisSession;
import org.springframework.session.data.redis.config.annotation.web.http.EnableRedisIndexedHttpSession;
import org.springframework.session.events.AbstractSessionEvent;

/** Spring Session with its index by user and its events, through Lettuce, in two applications of this process. */
final class SpringSession {
    private static final Queue<String> EVENTS = new ConcurrentLinkedQueue<>();

    /** What a session keeps beside texts. */
    record Basket(List<String> goods, int price) implements Serializable {}

    /** An application; its sessions end after a minute without use. */
    @Configuration
    @EnableRedisIndexedHttpSession(maxInactiveIntervalInSeconds = 60)
    static class Application {
        @Bean
        LettuceConnectionFactory connectionFactory() {
            int port = Integer.getInteger("port");
            return new LettuceConnectionFactory(new RedisStandaloneConfiguration("127.0.0.1", port));
        }

        @EventListener
        void note(AbstractSessionEvent event) {
            EVENTS.add(event.getClass().getSimpleName() + " " + event.getSessionId());
        }
    }

    private final RedisIndexedSessionRepository one = start();
    private final RedisIndexedSessionRepository two = start();

    private static RedisIndexedSessionRepository start() {
        return new AnnotationConfigApplicationContext(Application.class).getBean(RedisIndexedSessionRepository.class);
    }

    private static RedisSession login(RedisIndexedSessionRepository repository, String user) {
        RedisSession session = repository.createSession();
        session.setAttribute(FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME, user);
        session.setAttribute("basket", new Basket(List.of("Äpfel", "🍐"), 7));
        repository.save(session);
        return session;
    }

    private void eventOf(String kind, String id) throws Exception {
        Report.eventually(() -> EVENTS.contains("Session" + kind + "Event " + id), kind + " event");
    }

    private void create() throws Exception {
        RedisSession session = login(one, "zoë");
        Session found = two.findById(session.getId());
        Report.expect(found.getAttribute("basket"), new Basket(List.of("Äpfel", "🍐"), 7), "basket");
        Report.expect(found.getMaxInactiveInterval(), Duration.ofMinutes(1), "interval");
        eventOf("Created", session.getId());
    }

    private void change() {
        String id = login(one, "zoë").getId();
        RedisSession theirs = two.findById(id);
        theirs.setAttribute("visits", 3);
        theirs.removeAttribute("basket");
        two.save(theirs);
        Session mine = one.findById(id);
        Report.expect(mine.getAttribute("visits"), 3, "visits");
        Report.expect(mine.getAttribute("basket"), null, "basket");
    }

    private void index() {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            ids.add(login(i % 2 == 0 ? one : two, i < 12 ? "anna" : "bert").getId());
        }
        Report.expect(two.findByPrincipalName("anna").keySet(), Set.copyOf(ids.subList(0, 12)), "sessions of anna");
        two.deleteById(ids.get(0));
        Report.expect(one.findByPrincipalName("anna").keySet(), Set.copyOf(ids.subList(1, 12)), "after one is gone");
        Report.expect(one.findByPrincipalName("nobody").size(), 0, "sessions of nobody");
    }

    private void changeId() {
        RedisSession session = login(one, "carl");
        String before = session.getId();
        String after = session.changeSessionId();
        one.save(session);
        Report.expect(two.findById(before), null, "the old id");
        Report.expect(two.findById(after).getAttribute("basket"), session.getAttribute("basket"), "basket");
        Report.expect(two.findByPrincipalName("carl").keySet(), Set.of(after), "sessions of carl");
    }

    /** The event comes of the server's notification of DEL. */
    private void delete() throws Exception {
        String id = login(one, "dora").getId();
        two.deleteById(id);
        Report.expect(one.findById(id), null, "a deleted session");
        eventOf("Deleted", id);
    }

    /** The event comes of the server's notification of a key that expired, with nobody asking for it. */
    private void expires() throws Exception {
        RedisSession session = login(one, "emil");
        session.setMaxInactiveInterval(Duration.ofSeconds(1));
        one.save(session);
        Report.expectTrue(two.findById(session.getId()) != null, "gone at once");
        eventOf("Expired", session.getId());
        Report.expect(two.findById(session.getId()), null, "an expired session");
        Report.eventually(() -> one.findByPrincipalName("emil").isEmpty(), "the index forgets the session");
    }

    public static void main(String[] arguments) {
        System.setProperty("port", arguments[1]);
        SpringSession sessions = new SpringSession();
        Map<String, Report.Check> list = new LinkedHashMap<>();
        list.put("create", sessions::create);
        list.put("change", sessions::change);
        list.put("index", sessions::index);
        list.put("change_id", sessions::changeId);
        list.put("delete", sessions::delete);
        list.put("expires", sessions::expires);
        Report.run(list);
    }
}
