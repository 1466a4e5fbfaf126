/** Opens connections with one client library. */
interface Library {
    /** Where and how to connect; the password may be null. */
    record Options(int port, int database, String password, int protocol) {}

    /** Work on a connection that a pool lends; it may throw whatever the library throws. */
    interface Task {
        void run(Session session) throws Exception;
    }

    /** Lends each task a connection of its own while the task runs. */
    interface Pool extends AutoCloseable {
        void run(Task task) throws Exception;
    }

    Session open(Options options);

    Pool openPool(int size, Options options);

    /** Whether this is the library's class for an error reply of the server. */
    boolean isReplyError(Throwable failure);
}
