"""A proxy that writes down every request on its way to the server, for `run --record`.

MONITOR would not do: it leaves out HELLO and AUTH, and does not tell which commands came in one write.
Threads: one of its own, which runs the event loop; the log is read only after stop().
"""
import asyncio
import threading


def parse_requests(buffer):
    """Takes whole RESP requests off the front of a bytearray; what is not whole stays."""
    requests, position = [], 0
    while (end := buffer.find(b"\r\n", position)) >= 0:
        count, position_in, arguments = int(buffer[position + 1:end]), end + 2, []
        while len(arguments) < count and (end := buffer.find(b"\r\n", position_in)) >= 0:
            start, length = end + 2, int(buffer[position_in + 1:end])
            if len(buffer) < start + length + 2:
                break
            arguments.append(bytes(buffer[start:start + length]).decode("latin1"))
            position_in = start + length + 2
        if len(arguments) < count:
            break
        requests.append(arguments)
        position = position_in
    del buffer[:position]
    return requests


def request_name(request):
    """The command's name in upper case, with the subcommand when it is one of those that have them."""
    words = 2 if request[0].upper() in ("CLIENT", "CLUSTER", "COMMAND", "CONFIG") else 1
    return " ".join(request[:words]).upper()


class RequestLog:
    """Listens on a free loopback port and passes everything on to the server's port."""

    def __init__(self, server_port):
        self.server_port = server_port
        self.connections = []   # One list per connection, of batches: the requests that one read brought.
        self.port = None
        self.loop = asyncio.new_event_loop()
        self.listening = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        self.listening.wait()

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def _run(self):
        asyncio.set_event_loop(self.loop)
        listener = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512))
        self.port = listener.sockets[0].getsockname()[1]
        self.listening.set()
        self.loop.run_forever()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        listener.close()
        self.loop.close()

    async def _serve(self, client_reader, client_writer):
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        batches = []
        self.connections.append(batches)
        await asyncio.gather(self._copy(client_reader, server_writer, batches),
                             self._copy(server_reader, client_writer, None))

    @staticmethod
    async def _copy(reader, writer, batches):
        """Copies one direction until it ends, then ends the other side's connection."""
        buffer = bytearray()
        try:
            while data := await reader.read(1 << 16):
                if batches is not None:
                    buffer += data
                    if requests := parse_requests(buffer):
                        batches.append(requests)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass  # Either side may reset its connection; the other one is then closed just below.
        finally:
            writer.close()

    def handshakes(self, application):
        """Each connection's requests before the first that is named in `application`, as text, most frequent first."""
        counts = {}
        for batches in self.connections:
            parts = []
            for batch in batches:
                own = [request_name(request) not in application for request in batch]
                until = own.index(False) if False in own else len(own)
                parts += [" + ".join(f"`{' '.join(request)}`" for request in batch[:until])] if until else []
                if until < len(own):
                    break
            text = " ; ".join(parts)
            counts[text] = counts.get(text, 0) + 1
        return sorted(counts.items(), key=lambda item: -item[1])

    def command_names(self):
        """The name of every command sent."""
        return {request_name(request) for batches in self.connections for batch in batches for request in batch}
