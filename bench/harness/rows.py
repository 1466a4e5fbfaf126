"""The rows of the table of figures: what each one measures, and what Sigrun has to reach."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Data:
    """What is stored before a row is measured."""
    keys: int = 1_000_000
    value_size: int = 64
    integers: bool = False
    ttl: bool = False
    set: str = ""  # one of datasets.py instead; `keys` is then how far {n} goes

    def flags(self):
        flags = ["--keys", self.keys, "--value-size", self.value_size]
        return flags + ["--integers"] * self.integers + ["--ttl"] * self.ttl


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    title: str
    kind: str  # load, rate, types, memory, handover, stall, trace, idle or threads: see measure.py
    goal: float | None = None  # at most so much of the reference; for stall, trace and idle see `unit`
    unit: str = "us"
    data: Data = Data()
    workload: str = "get"
    pipeline: int = 1
    clients: int = 50
    batch: int = 10
    words: str = ""  # load: what is sent instead of a workload
    scan_every: int = 0
    distinct: int = 0  # stall: only so many keys, set over and over
    quick: bool = False  # also in --quick


BIG = Data(keys=100_000, value_size=4096)
NUMBERS = Data(integers=True)
MILLIONS = 5_000_000


def type_row(name, title, goal, data_set, words, keys=1_000_000, **load):
    """CPU time of commands on a collection."""
    load = {"pipeline": 16, **load}
    return Row(name, title, "types", goal, data=Data(keys, set=data_set), words=words, **load)


def element_row(name, title, goal, data_set):
    """Resident bytes an element of a collection."""
    return Row(name, title, "memory", goal, "bytes", Data(set=data_set))


ROWS = [
    Row("get_p1", "GET, 50 clients, no pipeline", "load", 0.93, quick=True),
    Row("set_p1", "SET, 50 clients, no pipeline", "load", 0.93, workload="set", quick=True),
    Row("get_p16", "GET, pipeline 16", "load", 0.80, pipeline=16, quick=True),
    Row("set_p16", "SET, pipeline 16", "load", 0.80, workload="set", pipeline=16, quick=True),
    Row("get_p100", "GET, pipeline 100", "load", 0.70, pipeline=100, quick=True),
    Row("set_p100", "SET, pipeline 100", "load", 0.70, workload="set", pipeline=100, quick=True),
    Row("mset10_p16", "MSET of 10, pipeline 16", "load", 0.70, workload="mset", pipeline=16, quick=True),
    Row("get_rate", "GET, no pipeline, half load", "rate"),
    Row("set_rate", "SET, no pipeline, half load", "rate", workload="set"),
    Row("incr_p16", "INCR, pipeline 16", "load", 0.75, data=NUMBERS, workload="incr", pipeline=16, quick=True),
    Row("set_ex_p16", "SET EX, pipeline 16", "load", 0.75, data=Data(ttl=True), workload="set_ex", pipeline=16,
        quick=True),
    Row("mget100", "MGET of 100, {keys} keys", "load", 0.70, data=Data(keys=MILLIONS), workload="mget", batch=100),
    Row("get_4k", "GET of 4 KB, pipeline 16", "load", 0.85, data=BIG, pipeline=16),
    Row("set_4k", "SET of 4 KB, pipeline 16", "load", 0.70, data=BIG, workload="set", pipeline=16),
    type_row("lpush", "LPUSH", 0.75, "nothing", "LPUSH list item{n}"),
    type_row("lpop", "LPOP", 0.75, "long_list", "LPOP list"),
    type_row("lrange", "LRANGE of 100", 0.80, "list", "LRANGE list 0 99"),
    type_row("hset", "HSET, 1M fields", 0.70, "hash", "HSET hash fiel{n} valu{n}"),
    type_row("hget", "HGET, 1M fields", 0.70, "hash", "HGET hash fiel{n}"),
    type_row("sadd", "SADD, 1M members", 0.70, "set", "SADD set memb{n}"),
    type_row("sismember", "SISMEMBER, 1M members", 0.70, "set", "SISMEMBER set memb{n}"),
    type_row("zadd", "ZADD, 1M members", 0.55, "zset", "ZADD zset {n} memb{n}"),
    type_row("zrange", "ZRANGEBYSCORE of 10 in 1M", 0.70, "zset", "ZRANGEBYSCORE zset {n} +inf LIMIT 0 10"),
    type_row("zpopmin", "ZPOPMIN", 0.85, "long_zset", "ZPOPMIN zset"),
    type_row("xadd", "XADD", 0.75, "nothing", "XADD stream * field value"),
    type_row("xreadgroup", "XGROUP SETID, XREADGROUP of 10", 0.80, "grouped_stream",
             "XGROUP SETID stream group {n}-0 ; XREADGROUP GROUP group c COUNT 10 STREAMS stream >", keys=99_000),
    type_row("bitcount", "BITCOUNT of 1 MB", 1.0, "bits", "BITCOUNT bits"),
    type_row("pfadd", "PFADD", 0.90, "nothing", "PFADD hll item{n}"),
    type_row("geosearch", "GEOSEARCH, 100 km of 100k points", 0.70, "points",
             "GEOSEARCH geo FROMLONLAT 10 50 BYRADIUS 100 km", clients=4),
    type_row("sinter", "SINTER of two 100k sets", 0.60, "two_sets", "SINTER set:1 set:2", pipeline=1,
             clients=4),
    Row("handover", "BLPOP handed over, p99", "handover", 1.0),
    element_row("mem_set", "set of 1M members, an element", 0.65, "set"),
    element_row("mem_hash", "hash of 1M fields, an element", 0.75, "hash"),
    element_row("mem_zset", "sorted set of 1M, an element", 0.65, "zset"),
    element_row("mem_list", "list of 1M, an element", 1.0, "list"),
    element_row("mem_small", "small hashes of 8 fields, a hash", 0.85, "small_hashes"),
    element_row("mem_stream", "stream of 1M entries, an entry", 1.0, "stream"),
    Row("mem_16", "16-byte values, {keys} keys", "memory", 0.75, "bytes", Data(MILLIONS, 16)),
    Row("mem_64", "64-byte values, {keys} keys", "memory", 0.85, "bytes", Data(MILLIONS, 64), quick=True),
    Row("mem_ttl", "64-byte values, TTL, {keys} keys", "memory", 0.70, "bytes", Data(MILLIONS, 64, ttl=True),
        quick=True),
    Row("mem_int", "integer values, {keys} keys", "memory", 0.65, "bytes", Data(MILLIONS, 13, integers=True)),
    Row("idle", "idle server", "idle", 8, "MB", quick=True),
    Row("stall", "longest stall while {keys} keys are inserted", "stall", 2, "ms", Data(20 * 1_000_000, 16),
        workload="set", pipeline=50, quick=True),
    Row("stall_floor", "the same while 1000 keys are set {keys} times: what the machine adds", "stall", None, "ms",
        Data(20 * 1_000_000, 16), workload="set", pipeline=50, distinct=1000),
    Row("lru", "hit ratio, Zipf 0.99, memory for 10% of the keys", "trace", 0, "%", Data(), quick=True),
    Row("lru_scan", "the same, every 10th request a one-time key", "trace", 3, "%", Data(), scan_every=10, quick=True),
    Row("t2_get_p1", "GET, no pipeline", "threads", quick=True),
    Row("t2_set_p1", "SET, no pipeline", "threads", workload="set"),
    Row("t2_get_p16", "GET, pipeline 16", "threads", pipeline=16, quick=True),
    Row("t2_set_p16", "SET, pipeline 16", "threads", workload="set", pipeline=16),
    Row("t2_get_p100", "GET, pipeline 100", "threads", pipeline=100),
    Row("t2_mset10_p16", "MSET of 10, pipeline 16", "threads", workload="mset", pipeline=16),
]

# `threads` rows: two I/O threads against one of the same server, both processors shared with the load.
THREADS_CPU_GOAL = 1.10       # CPU time an operation, at most so much of one thread's
THREADS_SPEED_GOAL = 0.95     # operations a second, at least so much of one thread's


def shaped(row, settings):
    """The row with its title complete, and with the numbers of keys that the command line asks for."""
    if row.data.set:
        return row
    keys = {"memory": settings.memory_keys, "stall": settings.stall_keys}.get(row.kind) or row.data.keys
    text = f"{keys / 1_000_000:g}M" if keys >= 1_000_000 else f"{keys:,}"
    return dataclasses.replace(row, title=row.title.replace("{keys}", text),
                               data=dataclasses.replace(row.data, keys=keys))


def choose(names, quick):
    """Rows by name, by kind, or by a prefix that ends in `*`; all (of --quick) if no name is given."""
    if not names:
        return [row for row in ROWS if row.quick or not quick]
    chosen = []
    for name in names:
        match = [row for row in ROWS
                 if name in (row.name, row.kind) or (name.endswith("*") and row.name.startswith(name[:-1]))]
        if not match:
            raise SystemExit(f"--rows {name}: no such row; there are {', '.join(row.name for row in ROWS)}")
        chosen += [row for row in match if row not in chosen]
    return chosen
