#!/usr/bin/env python3
"""Runs clang-format and clang-tidy over our C++. Exit code 1 if one complains.

Usage: tools/clang_checks.py format [--fix] [FILE...]
       tools/clang_checks.py tidy --build FOLDER [--jobs N] [FILE...]

clang-tidy takes seconds a file, so a file that passed is remembered in ~/.cache/sigrun/clang-tidy under a hash of all that the
verdict depends on: its text, that of every header of ours below it, its command line, .clang-tidy and the tool.
"""
import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "sigrun" / "clang-tidy"
FOLDERS = ("src", "tests", "bench")
TIDY_FOLDERS = ("src",)  # clang-tidy takes seconds a file
SKIPPED_FOLDERS = {"node_modules", "target", "third_party", "results", "build", ".cache"}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
KEPT_DAYS = 30
# What GCC takes and clang does not know.
UNKNOWN_FLAGS = re.compile(r"^(-fno-sanitize-recover.*|-fsanitize=.*|-fcoroutines|-fconcepts.*)$")


def sources():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".h", ".cc"} and not SKIPPED_FOLDERS & set(path.parts):
                yield path


def run_format(options):
    files = [str(path) for path in options.files or sources()]
    mode = ["-i"] if options.fix else ["--dry-run", "--Werror"]
    code = 0
    for begin in range(0, len(files), 100):
        code |= subprocess.run(["clang-format-14", *mode, *files[begin:begin + 100]], cwd=ROOT, check=False).returncode
    print(f"format: {len(files)} files" + ("" if code == 0 else "; ./dev tidy --fix formats them"))
    return code != 0


@functools.lru_cache(maxsize=None)
def text_of(path):
    return path.read_text(errors="replace")


def resolve(name, including):
    for folder in (ROOT / "src", including.parent, ROOT / "tests", ROOT / "tests" / "unit", ROOT / "bench"):
        if (folder / name).is_file():
            return (folder / name).resolve()
    return None


def closure(path):
    """The file and every header of ours that it includes, directly or not."""
    seen, waiting = set(), [path]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        waiting += [found for name in INCLUDE.findall(text_of(current)) if (found := resolve(name, current))]
    return sorted(seen)


@functools.lru_cache(maxsize=None)
def tool_facts():
    version = subprocess.run(["clang-tidy-14", "--version"], capture_output=True, text=True, check=True).stdout
    return version + (ROOT / ".clang-tidy").read_text()


def arguments_of(entry):
    words = entry.get("arguments") or shlex.split(entry["command"])
    while "ccache" in os.path.basename(words[0]):
        words = words[1:]
    return [word for word in words if not UNKNOWN_FLAGS.match(word)]


def key_of(path, words):
    digest = hashlib.sha256(tool_facts().encode())
    digest.update("\0".join(words).replace(str(ROOT), "").encode())  # the same in every clone
    for part in closure(path):
        digest.update(f"\0{part.relative_to(ROOT)}\0{text_of(part)}".encode())
    return digest.hexdigest()


def tidy_one(path, words, directory):
    """Returns what clang-tidy said, or "" if the file passed."""
    mark = CACHE / key_of(path, words)
    if mark.exists():
        os.utime(mark)
        return ""
    # The words after -- stand for the compiler's own: without compiler and output.
    command = ["clang-tidy-14", "--quiet", str(path), "--", *words[1:], "-Wno-unknown-warning-option"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        mark.touch()
        return ""
    return done.stdout + "\n".join(line for line in done.stderr.splitlines() if "error" in line) + "\n"


def forget_old():
    limit = time.time() - KEPT_DAYS * 86400
    for mark in CACHE.iterdir():
        if mark.stat().st_mtime < limit:
            mark.unlink(missing_ok=True)


def run_tidy(options):
    CACHE.mkdir(parents=True, exist_ok=True)
    forget_old()
    wanted = {path.resolve() for path in options.files}
    work = {}
    for entry in json.loads((options.build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        ours = path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in TIDY_FOLDERS
        if ours and path.is_file() and (not wanted or path in wanted):
            work[path] = (arguments_of(entry), entry["directory"])
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = {pool.submit(tidy_one, path, *rest): path for path, rest in work.items()}
        for done, run in enumerate(concurrent.futures.as_completed(runs), 1):
            said = run.result()
            failed += bool(said)
            if said:
                print(f"[{done}/{len(runs)}] {runs[run].relative_to(ROOT)}\n{said}", flush=True)
    print(f"clang-tidy: {len(work)} files, {failed} with findings")
    return failed > 0 or not work


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(dest="mode", required=True)
    formatting = modes.add_parser("format")
    formatting.add_argument("--fix", action="store_true")
    formatting.add_argument("files", nargs="*", type=pathlib.Path)
    tidy = modes.add_parser("tidy")
    tidy.add_argument("--build", type=pathlib.Path, required=True)
    tidy.add_argument("--jobs", type=int, default=os.cpu_count())
    tidy.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    return run_format(options) if options.mode == "format" else run_tidy(options)


if __name__ == "__main__":
    sys.exit(main())
