"""Measures rows: starts servers, fills them, puts loads on them in turn, and keeps every sample.

What makes the figures comparable:
  - The servers take turns within seconds of each other (A B C D, then D C B A), and ratios are taken within a turn.
  - The server runs on one processor, the load on another; CPU time is the server process's, all threads, read by
    the load generator at the two ends of the measured stretch.
  - A run in which the hypervisor or other processes took more than a little is made again, as long as there is
    patience; if none is left, it counts but is marked as disturbed.
  - Half of the turns use servers that were started and filled anew, since addresses and hash seeds matter.
"""
import concurrent.futures
import itertools
import json
import statistics
import subprocess
import sys

from . import datasets, machine
from .servers import Failed, Instance

TIMEOUT = 1200        # seconds; after that a server does not reply any more
STOLEN_LIMIT = 0.01   # of the machine's CPU time, taken by the hypervisor
FOREIGN_LIMIT = 0.03  # of the machine's CPU time, used by neither the server nor the load generator


class Result:
    """The samples of one row: contestant -> one sample a pair, and why a contestant has none."""

    def __init__(self, row):
        self.row, self.samples, self.failures, self.repeated = row, {}, {}, 0

    def add(self, name, sample):
        self.samples.setdefault(name, []).append(sample)

    def fail(self, name, error):
        self.samples.pop(name, None)
        self.failures[name] = str(error)
        note(f"    {name}: {error}")


def note(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, settings, servers, rows):
        self.settings = settings
        self.servers = servers  # name -> Server; the first is the subject
        self.rows = rows
        self.results = {row.name: Result(row) for row in rows}
        self.patience = settings.patience
        self.seeds = itertools.count(1)

    def run(self):
        """All rows. Interrupted, those that have samples of every contestant; measured further, they would be sharper."""
        try:
            self.measure_all()
        except KeyboardInterrupt:
            note("interrupted: what was measured until now counts")
        return {name: result for name, result in self.results.items()
                if len(result.samples) + len(result.failures) == len(self.servers)}

    def measure_all(self):
        order = ["idle", "load", "rate", "types", "handover", "memory", "threads", "trace", "stall"]
        for kind in order:
            rows = [row for row in self.rows if row.kind == kind]
            if kind == "load":  # rates are measured on the same filled servers
                rows += [row for row in self.rows if row.kind == "rate"]
                self.measure_loads(rows)
            elif kind != "rate" and rows:
                getattr(self, f"measure_{kind}")(rows)

    # One run of the load generator.

    def generate(self, mode, instance, arguments, processors=machine.LOAD):
        command = [self.settings.load, mode, "--json", "--port", instance.port, "--server-pid", instance.pid,
                   *arguments]
        try:
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=TIMEOUT,
                                  preexec_fn=machine.pinned(processors))
        except subprocess.TimeoutExpired:
            raise Failed(f"{mode}: no end after {TIMEOUT} s") from None
        if done.returncode != 0:
            dead = "" if instance.alive() else f" (the server ended: {instance.last_words()})"
            raise Failed((done.stderr.strip() or f"load generator: exit {done.returncode}") + dead)
        return json.loads(done.stdout)

    def fill(self, instance, data):
        """Stores what a row is measured on; the number of keys or elements."""
        if data.set:
            datasets.fill(instance, data.set)
            return datasets.SETS[data.set][0]
        self.generate("fill", instance, [*data.flags(), "--clients", 4, "--pipeline", 64])
        # The generator saw an OK for every key. A server that has no DBSIZE yet is taken at that.
        try:
            stored = int(instance.ask("DBSIZE"))
        except Failed as error:
            if "unknown command" not in str(error):
                raise
            stored = data.keys
        if stored != data.keys:
            raise Failed(f"{stored} keys after filling in {data.keys}")
        return stored

    def load_sample(self, instance, row, processors=machine.LOAD, extra=()):
        """One undisturbed run of a row, if patience allows."""
        what = ["--words", row.words] if row.words else ["--workload", row.workload]
        arguments = [*row.data.flags(), *what, "--pipeline", row.pipeline, "--batch", row.batch,
                     "--clients", row.clients,
                     "--seconds", self.settings.seconds, "--warm-up", self.settings.warm_up,
                     "--seed", next(self.seeds), *extra]
        while True:
            sample = self.generate("run", instance, arguments, processors)
            if sample["operations"] == 0:
                raise Failed(f"no reply in {sample['seconds']:.1f} s: the server ran {sample['server_busy']:.0%} "
                             f"of the time and wanted to {sample['server_waited']:.0%}")
            if sample["missing"] and row.workload in ("get", "mget"):
                raise Failed(f"{sample['missing']} replies lacked a key that was stored")
            if not self.repeat(row, sample):
                return sample

    def repeat(self, row, sample):
        """Whether a sample is to be made again. Marks it."""
        sample["disturbed"] = sample["stolen_share"] > STOLEN_LIMIT or sample["foreign_share"] > FOREIGN_LIMIT
        if not sample["disturbed"] or self.patience == 0:
            return False
        self.patience -= 1
        self.results[row.name].repeated += 1
        return True

    # Rows of throughput and latency.

    def measure_loads(self, rows):
        pairs = self.settings.pairs
        rounds = [pairs] if pairs < 4 else [(pairs + 1) // 2, pairs // 2]
        for count in rounds:
            for data in dict.fromkeys(row.data for row in rows):
                self.measure_filled([row for row in rows if row.data == data], data, count)

    # Rows of collections: as loads, but each data set is made once.

    def measure_types(self, rows):
        for data in dict.fromkeys(row.data for row in rows):
            self.measure_filled([row for row in rows if row.data == data], data, self.settings.pairs)

    def measure_handover(self, rows):
        for row in rows:
            result = self.results[row.name]
            arguments = ["--seconds", self.settings.seconds, "--warm-up", self.settings.warm_up]
            for pair in range(self.settings.pairs):
                for name in self.turn(pair):
                    self.measure_one(result, name, lambda instance: self.generate("handover", instance, arguments))
            self.note_samples(result, "p99_us", "us")

    def measure_filled(self, rows, data, pairs):
        values = "integers" if data.integers else f"{data.value_size}-byte values"
        note(data.set or f"{data.keys:,} keys, {values}{', all with TTL' if data.ttl else ''}")
        contestants = {name: (server, 1, machine.SERVER) for name, server in self.servers.items()}
        with Field(self, contestants, data, rows) as instances:
            for row in rows:
                extra = ["--rate", self.half_rate(row, instances)] if row.kind == "rate" else []
                self.take_turns(row, instances, pairs, machine.LOAD, extra)

    def half_rate(self, row, instances):
        """Half of the requests a second that the reference serves at most."""
        name = self.settings.reference if self.settings.reference in instances else next(iter(instances))
        saturated = self.results.get(f"{row.workload}_p1")
        if saturated and name in saturated.samples:
            most = statistics.median(sample["per_second"] for sample in saturated.samples[name])
        else:
            most = self.generate("run", instances[name], [*row.data.flags(), "--workload", row.workload,
                                                          "--seconds", 1.5])["per_second"]
        return max(1, int(most / 2))

    def take_turns(self, row, instances, pairs, processors, extra=()):
        result = self.results[row.name]
        for pair in range(pairs):
            for name in list(instances) if pair % 2 == 0 else list(instances)[::-1]:
                if name in result.failures:
                    continue
                try:
                    result.add(name, self.load_sample(instances[name], row, processors, extra))
                except Failed as error:
                    result.fail(name, error)
        medians = {name: statistics.median(sample["server_cpu_us"] for sample in samples)
                   for name, samples in result.samples.items()}
        note(f"  {row.name:<14}" + "".join(f"  {name} {value:.3f}" for name, value in medians.items()) + " us/op")

    # Two I/O threads against one, on processors that the load uses too.

    def measure_threads(self, rows):
        chosen = [name for name in self.servers if name in (self.settings.subject, self.settings.reference)]
        contestants = {f"{name}/{threads}": (self.servers[name], threads, machine.ALL)
                       for name in chosen for threads in (1, 2)}
        for data in dict.fromkeys(row.data for row in rows):
            note(f"1 and 2 I/O threads, both processors shared with the load, {data.keys:,} keys")
            with Field(self, contestants, data, rows) as instances:
                for row in (row for row in rows if row.data == data):
                    self.take_turns(row, instances, self.settings.pairs, machine.ALL)

    # Memory: it does not depend on CPU time either, so a server fills on each processor.

    def measure_memory(self, rows):
        for row in rows:
            result = self.results[row.name]
            self.measure_at_once([(result, name, lambda instance, row=row: self.bytes_a_key(instance, row.data), {})
                                  for _ in range(self.settings.memory_pairs) for name in self.servers],
                                 len(machine.PROCESSORS))
            self.note_samples(result, "bytes_a_key", "bytes a key")

    def bytes_a_key(self, instance, data):
        empty = instance.settled_resident()
        count = self.fill(instance, data)
        filled = instance.settled_resident()
        return {"bytes_a_key": (filled - empty) / count, "empty_bytes": empty, "filled_bytes": filled, "keys": count}

    def measure_idle(self, rows):
        for row in rows:
            result = self.results[row.name]
            self.measure_at_once([(result, name, lambda instance: {"idle_mb": instance.settled_resident() / 2**20}, {})
                                  for name in self.servers], len(self.servers))
            self.note_samples(result, "idle_mb", "MB")

    # Stalls.

    def measure_stall(self, rows):
        for row in rows:
            result = self.results[row.name]
            arguments = ["--keys", row.data.keys, "--value-size", row.data.value_size, "--pipeline", row.pipeline,
                         "--distinct", row.distinct]
            for pair in range(self.settings.stall_pairs):
                for name in self.turn(pair):
                    self.measure_one(result, name, lambda instance: self.stall_sample(row, instance, arguments))
            self.note_samples(result, "stall_us", "us")

    def stall_sample(self, row, instance, arguments):
        sample = self.generate("stall", instance, arguments)
        sample["disturbed"] = sample["stolen_share"] > STOLEN_LIMIT or sample["foreign_share"] > FOREIGN_LIMIT
        return sample

    # Cache traces: at their fixed rate the hit ratio does not depend on CPU time, so all run at once.

    def measure_trace(self, rows):
        start = {"processors": machine.ALL, "arguments": ("--maxmemory-policy", "allkeys-lru")}
        self.measure_at_once([(self.results[row.name], name, lambda instance, row=row: self.trace(row, instance), start)
                              for row in rows for name in self.servers], len(rows) * len(self.servers))
        for row in rows:
            self.note_samples(self.results[row.name], "hit_ratio", "hit ratio")

    def trace(self, row, instance):
        """Gives the server memory for a tenth of the keys, warms it up, and counts hits."""
        held = row.data.keys // 10
        empty = instance.memory_field("used_memory")
        self.fill(instance, type(row.data)(held, row.data.value_size))
        full = instance.memory_field("used_memory")
        limit, a_key = full, (full - empty) / held
        arguments = ["--keys", row.data.keys, "--value-size", row.data.value_size, "--clients", 8, "--pipeline", 8,
                     "--rate", self.settings.trace_rate, "--scan-every", row.scan_every]
        warm_up = self.settings.trace_seconds / 2
        for _ in range(4):
            instance.ask("CONFIG", "SET", "maxmemory", int(limit))
            self.generate("trace", instance, [*arguments, "--warm-up", 0, "--seconds", warm_up,
                                              "--seed", next(self.seeds)], machine.ALL)
            off = held - int(instance.ask("DBSIZE"))
            if abs(off) <= 0.005 * held:
                break
            limit, warm_up = limit + off * a_key, self.settings.trace_seconds / 6
        sample = self.generate("trace", instance, [*arguments, "--warm-up", 0, "--seconds", self.settings.trace_seconds,
                                                   "--seed", next(self.seeds)], machine.ALL)
        sample["keys_held"] = int(instance.ask("DBSIZE"))
        sample["maxmemory"] = int(limit)
        return sample

    # Rows that start each server anew.

    def turn(self, pair):
        return list(self.servers) if pair % 2 == 0 else list(self.servers)[::-1]

    def measure_at_once(self, jobs, most):
        with concurrent.futures.ThreadPoolExecutor(most) as pool:
            for job in [pool.submit(self.measure_one, *arguments, **start) for *arguments, start in jobs]:
                job.result()

    def measure_one(self, result, name, measure, **start):
        if name in result.failures:
            return
        try:
            with Instance(self.servers[name], **start) as instance:
                result.add(name, measure(instance))
        except Failed as error:
            result.fail(name, error)

    def note_samples(self, result, key, unit):
        medians = {name: statistics.median(sample[key] for sample in samples)
                   for name, samples in result.samples.items()}
        shown = "".join(f"  {name} {value:.4g}" for name, value in medians.items())
        note(f"  {result.row.name:<14}{shown} {unit}")


class Field:
    """The contestants of some rows, started and filled; those that fail are struck from the rows."""

    def __init__(self, bench, contestants, data, rows):
        self.instances = {}
        for name, (server, threads, processors) in contestants.items():
            try:
                instance = Instance(server, threads, processors)
                self.instances[name] = instance
                bench.fill(instance, data)
            except Failed as error:
                for row in rows:
                    bench.results[row.name].fail(name, error)
                if name in self.instances:
                    self.instances.pop(name).stop()
            except BaseException:
                self.stop()
                raise

    def stop(self):
        for instance in self.instances.values():
            instance.stop()

    def __enter__(self):
        return self.instances

    def __exit__(self, *_):
        self.stop()
