"""Turns samples into figures: medians, ratios within pairs, tables for the terminal and for the README, JSON."""
import json
import statistics

from . import rows as goals

METRIC = {"load": ("server_cpu_us", 1), "rate": ("server_cpu_us", 1), "types": ("server_cpu_us", 1),
          "threads": ("server_cpu_us", 1), "handover": ("p99_us", 1),
          "memory": ("bytes_a_key", 1), "idle": ("idle_mb", 1), "stall": ("stall_us", 0.001),
          "trace": ("hit_ratio", 100)}
HEADINGS = {"load": "Server CPU time an operation (us)", "rate": "The same at a fixed rate (us)",
            "types": "Server CPU time an operation on collections (us)", "handover": "Blocked clients (us)",
            "memory": "Resident bytes a key", "idle": "Resident memory (MB)", "stall": "Stall (ms)",
            "trace": "Hits of a cache (%)"}


class Figure:
    """One row's figures: a median for each server, and the ratio of the subject to the reference, pair by pair."""

    def __init__(self, result, subject, reference):
        self.row, self.result = result.row, result
        self.key, self.scale = METRIC[result.row.kind]
        self.medians = {name: statistics.median(self.values(name)) for name in result.samples}
        self.ratios = {name: self.ratio(name, reference) for name in result.samples if name != reference}
        self.subject, self.reference = subject, reference

    def values(self, name, key=None):
        return [sample[key or self.key] * (1 if key else self.scale) for sample in self.result.samples.get(name, [])]

    def ratio(self, name, base, key=None):
        """(median, least, most) of the ratios within pairs, or None."""
        pairs = [mine / theirs for mine, theirs in zip(self.values(name, key), self.values(base, key)) if theirs]
        return (statistics.median(pairs), min(pairs), max(pairs)) if pairs else None

    def spread(self, name):
        """Half the range of a server's samples, as a share of their median: how far to trust it."""
        values = self.values(name)
        return (max(values) - min(values)) / 2 / statistics.median(values) if statistics.median(values) else 0

    def disturbed(self):
        samples = [sample for each in self.result.samples.values() for sample in each]
        return sum(bool(sample.get("disturbed")) for sample in samples), len(samples)

    def score(self):
        """(the figure that the goal is about, the goal as text, whether it is met); None without the subject."""
        goal, kind = self.row.goal, self.row.kind
        if self.subject not in self.medians:
            return None
        if kind in ("stall", "idle"):
            mine = self.medians[self.subject]
            return mine, f"<= {goal:g} {self.row.unit}" if goal else "", goal is None or mine <= goal
        if kind == "trace":
            if self.reference not in self.medians:
                return None
            gain = self.medians[self.subject] - self.medians[self.reference]
            return gain, f">= {goal:+g} points", gain >= goal
        ratio = self.ratios.get(self.subject)
        if ratio is None:
            return None
        return ratio[0], f"<= {goal:.2f}" if goal else "", goal is None or round(ratio[0], 2) <= goal


def figures(results, subject, reference):
    return [Figure(result, subject, reference) for result in results.values() if result.samples]


def number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 20 else f"{value:.2f}"


def table(figures_, labels, markdown=False):
    """Lines of the main table: a column a server, the subject's ratio with its range, and the goal."""
    lines = []
    for kind, heading in HEADINGS.items():
        chosen = [figure for figure in figures_ if figure.row.kind == kind]
        if chosen:
            names = [name for name in labels if any(name in figure.medians for figure in chosen)]
            head = [heading, *(labels[name] for name in names), "ratio", "range", "goal", ""]
            lines += align([head] + [table_line(figure, names) for figure in chosen], markdown) + [""]
    return lines


def table_line(figure, names):
    cells = [figure.row.title if not figure.disturbed()[0] else "~ " + figure.row.title]
    for name in names:
        if name not in figure.medians:
            cells.append("failed" if name in figure.result.failures else "")
            continue
        cell = number(figure.medians[name])
        ratio = figure.ratios.get(name)
        if ratio and name != figure.subject and figure.row.kind != "trace":
            cell += f" ({ratio[0]:.2f}x)"
        cells.append(cell)
    ratio, score = figure.ratios.get(figure.subject), figure.score()
    if figure.row.kind == "trace":
        cells += [f"{score[0]:+.1f}" if score else "", ""]
    else:
        cells += [f"{ratio[0]:.2f}", f"{ratio[1]:.2f}-{ratio[2]:.2f}"] if ratio else ["", ""]
    if score and figure.row.goal is not None:
        cells += [score[1], "yes" if score[2] else "NO"]
    else:
        cells += ["", ""]
    return cells


def speed_table(figures_, labels, markdown=False):
    """Throughput and latencies of the load and rate rows."""
    chosen = [figure for figure in figures_ if figure.row.kind in ("load", "rate", "types")]
    if not chosen:
        return []
    names = [name for name in labels if any(name in figure.medians for figure in chosen)]
    head = ["1000 operations/s; p50, p99, p99.9 in us", *(labels[name] for name in names)]
    body = []
    for figure in chosen:
        cells = [figure.row.title]
        for name in names:
            if name not in figure.medians:
                cells.append("")
                continue
            median = {key: statistics.median(figure.values(name, key))
                      for key in ("per_second", "p50_us", "p99_us", "p999_us")}
            cells.append(f"{median['per_second'] / 1000:.0f}; {median['p50_us']:.0f} {median['p99_us']:.0f} "
                         f"{median['p999_us']:.0f}")
        body.append(cells)
    return align([head] + body, markdown) + [""]


def threads_table(figures_, labels, markdown=False):
    """Two I/O threads against one of the same server."""
    body = []
    for figure in (figure for figure in figures_ if figure.row.kind == "threads"):
        for name in labels:
            one, two = f"{name}/1", f"{name}/2"
            cpu, speed = figure.ratio(two, one), figure.ratio(two, one, "per_second")
            if cpu is None:
                continue
            good = cpu[0] <= goals.THREADS_CPU_GOAL and speed[0] >= goals.THREADS_SPEED_GOAL
            body.append([("~ " if figure.disturbed()[0] else "") + figure.row.title, labels[name],
                         number(figure.medians[one]), number(figure.medians[two]),
                         f"{cpu[0]:.2f} ({cpu[1]:.2f}-{cpu[2]:.2f})",
                         f"{speed[0]:.2f} ({speed[1]:.2f}-{speed[2]:.2f})",
                         ("yes" if good else "NO") if name == figure.subject else ""])
    if not body:
        return []
    head = ["Two I/O threads against one, shared processors", "server", "us, 1", "us, 2",
            f"CPU ratio (<= {goals.THREADS_CPU_GOAL:.2f})", f"speed ratio (>= {goals.THREADS_SPEED_GOAL:.2f})", ""]
    return align([head] + body, markdown) + [""]


def align(cells, markdown):
    if markdown:
        dashes = ["---"] + ["---:"] * (len(cells[0]) - 1)
        return ["| " + " | ".join(line) + " |" for line in [cells[0], dashes, *cells[1:]]]
    widths = [max(len(line[index]) for line in cells) for index in range(len(cells[0]))]
    lines = ["  ".join(cell.ljust(width) if index == 0 else cell.rjust(width)
                       for index, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in cells]
    return [lines[0], "-" * len(lines[0]), *lines[1:]]


def conditions(document):
    """One paragraph: on what and how it was measured."""
    at, how = document["machine"], document["settings"]
    versions = ", ".join(f"{server['label']}: {server['version']}" for server in document["servers"].values())
    return (f"{document['date']}, commit {at['commit']}; {at['processors']} x {at['processor']}"
            f"{' (virtual)' if at['hypervisor'] == 'yes' else ''}, {at['memory_gb']} GB, Linux {at['kernel']}. "
            f"Server on one processor, load on another, one I/O thread unless stated; {how['pairs']} interleaved pairs "
            f"of {how['seconds']:g} s, medians. Versions: {versions}.")


def as_document(results, head):
    rows = []
    for result in results.values():
        row = {key: value for key, value in vars(result.row).items() if key != "data"}
        rows.append({**row, "data": vars(result.row.data), "samples": result.samples, "failures": result.failures,
                     "repeated": result.repeated})
    return {**head, "rows": rows}


def from_document(document):
    """The inverse of as_document, for drawing again."""
    from .measure import Result
    results = {}
    for entry in document["rows"]:
        fields = {key: value for key, value in entry.items() if key not in ("samples", "failures", "repeated", "data")}
        result = Result(goals.Row(**fields, data=goals.Data(**entry["data"])))
        result.samples, result.failures, result.repeated = entry["samples"], entry["failures"], entry["repeated"]
        results[result.row.name] = result
    return results


def write_json(path, document):
    path.write_text(json.dumps(document, indent=1) + "\n")
