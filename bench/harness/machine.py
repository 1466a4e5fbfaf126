"""What the figures were measured on, and the processors that server and load generator are pinned to."""
import os
import platform
import subprocess

PROCESSORS = sorted(os.sched_getaffinity(0))
SERVER = {PROCESSORS[0]}
LOAD = {PROCESSORS[1]} if len(PROCESSORS) > 1 else {PROCESSORS[0]}
ALL = set(PROCESSORS)


def pinned(processors):
    """For Popen's preexec_fn: the child, and all threads that it starts, stay on these processors."""
    return lambda: os.sched_setaffinity(0, processors)


def facts(repository):
    return {
        "processor": first_field("/proc/cpuinfo", "model name"),
        "processors": len(PROCESSORS),
        "memory_gb": round(int(first_field("/proc/meminfo", "MemTotal").split()[0]) / 2**20),
        "kernel": platform.release(),
        "hypervisor": "yes" if "hypervisor" in first_field("/proc/cpuinfo", "flags").split() else "no",
        "commit": git(repository, "rev-parse", "--short", "HEAD"),
        "changed_files": len(git(repository, "status", "--porcelain", "--", "src").splitlines()),
    }


def first_field(path, name):
    with open(path) as file:
        for line in file:
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    return ""


def git(repository, *arguments):
    done = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, text=True)
    return done.stdout.strip()
