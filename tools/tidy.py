#!/usr/bin/env python3
"""Checks the rules of docs/STYLE.md that a text search can check. One line a breach, exit code 1.

Usage: tools/tidy.py [--lower] [FILE...]

Sizes have a ratchet: tools/ratchet.txt lists what is over a limit with its size of today. An entry may shrink, never
grow; --lower rewrites the file with smaller sizes and drops what is below the limit by now.
"""
import argparse
import pathlib
import re
import sys

sys.dont_write_bytecode = True
from function_lengths import blank, cpp_functions, python_functions  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
RATCHET = ROOT / "tools" / "ratchet.txt"
LINE_MAX, FUNCTION_MAX, FILE_MAX = 120, 70, 600
SCRIPT_LINE_MAX = 132  # scripts hold long commands and texts
SKIPPED_FOLDERS = {".git", "build", ".cache", "node_modules", "target", "third_party", "__pycache__", "results"}
BANNED_FOLDERS = {"util", "utils", "common", "misc", "helper", "helpers", "internal", "stuff"}
CPP, PYTHON, SHELL = {".h", ".cc"}, {".py"}, {".sh"}
TEXT = CPP | PYTHON | SHELL | {".md", ".txt", ".cmake", ".json", ".js", ".mjs", ".go", ".rs", ".java", ".yml", ".yaml"}
SPEAKS_PLAINLY = {"src/base/check.cc", "src/server/main.cc"}  # before there is a log, or beside it
SELF = {"tools/tidy.py", "docs/STYLE.md"}  # they name what they ban

# (pattern, instead, where: a prefix of the path) over C++ without its comments and literals.
BANNED_CODE = [
    (r"\bv?sprintf\s*\(", "fmt::format_to_n, which knows the size", ""),
    (r"\bstr(?:n)?(?:cpy|cat)\s*\(", "std::string or std::memcpy with a checked length", ""),
    (r"\bgets\s*\(|\bstrtok\s*\(", "std::string_view", ""),
    (r"\bato[ifl]+\s*\(|\bstd::sto\w+\s*\(", "base's numbers, which check the whole text", "src/"),
    (r"\bassert\s*\(|<cassert>", "CHECK or DCHECK of base/check.h", "src/"),
    (r"\bstd::rand\b|(?<![\w.>])s?rand\s*\(|<random>", "base/random.h, which is seeded and replays", "src/"),
    (r"\.detach\s*\(\s*\)", "a thread that somebody joins", "src/"),
    (r"\busing\s+namespace\b(?!\s+std::(?:\w+::)*\w*literals\b)", "the names in full, or one `using` a name", ""),
    (r"\b(?:throw|try|catch)\b", "base::Result", "src/"),
    (r"\b(?:dynamic_cast|typeid)\b", "an enum or an interface", "src/"),
    (r"\bstd::(?:cout|cerr|endl)\b", "base/log.h", "src/"),
    (r"(?<!\w)f?printf\s*\(", "base/log.h", "src/"),
    (r"\b(?:localtime|gmtime|ctime|asctime)\s*\(", "its _r form, safe among threads", ""),
    (r"(?<!asm )(?<!asm__ )\bvolatile\b", "std::atomic", "src/"),
    (r"\bstd::regex\b", "base's glob, or code: it recurses and is slow", "src/"),
]
# Over every text file, comments too.
BANNED_WORDS = [
    (r"\b(?:TODO|FIXME|XXX|HACK)\b", "an issue"),
    (r"^(?:<{7} |={7}$|>{7} )", "the merge, finished"),
    (r"NOLINT(?:NEXTLINE|BEGIN)?(?:\([^)]*\))?(?!\w|END|\([^)]*\)|:)", "`NOLINT(check): reason`"),
]


def files_of(root):
    for path in sorted(root.iterdir()):
        if path.is_dir() and not path.is_symlink() and path.name not in SKIPPED_FOLDERS:
            yield from files_of(path)
        elif path.is_file() and not path.is_symlink():
            yield path


def is_script(path, text, language):
    return path.suffix == "" and text.startswith("#!") and language in text.split("\n", 1)[0]


def first_words(path, text):
    """Whether the file begins with its header comment."""
    lines = text.split("\n")
    if lines and lines[0].startswith("#!"):
        lines = lines[1:]
    first = lines[0] if lines else ""
    if path.suffix == ".cc" and first.endswith(f'/{path.stem}.h"'):
        return True  # what it is stands in its header
    if path.suffix in CPP:
        return first.startswith("// ")
    if text == "":
        return True  # an __init__.py
    return first.startswith(('"""', "# "))


def code_breaches(name, text):
    code = blank(text)
    directives = "\n".join(line if line.lstrip().startswith("#") else "" for line in text.split("\n"))
    for number, (line, directive) in enumerate(zip(code.split("\n"), directives.split("\n")), 1):
        for pattern, instead, where in BANNED_CODE:
            found = name.startswith(where) and (re.search(pattern, line) or re.search(pattern, directive))
            if found and not (name in SPEAKS_PLAINLY and "printf" in pattern):
                yield f"{name}:{number}: `{found[0].strip()}` is not used here; instead: {instead}"


def text_breaches(path, name, text, coded):
    for number, line in enumerate(text.split("\n"), 1):
        where = f"{name}:{number}"
        most = LINE_MAX if name.endswith((".h", ".cc")) else SCRIPT_LINE_MAX
        if coded and len(line) > most:
            yield f"{where}: {len(line)} columns; the limit is {most}"
        if line != line.rstrip() and path.suffix != ".md":
            yield f"{where}: blanks at the line's end"
        if coded and "\t" in line:
            yield f"{where}: a tab; write spaces, or \\t in a literal"
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line):
            yield f"{where}: a control character"
        for pattern, instead in BANNED_WORDS:
            if name not in SELF and re.search(pattern, line):
                yield f"{where}: `{re.search(pattern, line)[0]}` is not left in; instead: {instead}"
    if text and not text.endswith("\n"):
        yield f"{name}: the last line has no end"


def titles(text):
    """The lines of a Markdown file that are titles of the first order, code blocks left out."""
    outside = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^# ", outside, flags=re.MULTILINE)


def file_breaches(path, name, text):
    """Yields (breach, None), or (breach, (kind, key, size)) where the ratchet has a say."""
    python = path.suffix in PYTHON or is_script(path, text, "python")
    coded = python or path.suffix in CPP | SHELL or is_script(path, text, "bash")
    for breach in text_breaches(path, name, text, coded):
        yield breach, None
    for part in path.relative_to(ROOT).parts[:-1]:
        if part in BANNED_FOLDERS:
            yield f"{name}: a folder named {part} says nothing; name it for what it has", None
    if path.suffix == ".md" and len(titles(text)) != 1:
        yield f"{name}: {len(titles(text))} titles (`# `); a page has one", None
    if not coded:
        return
    if not first_words(path, text):
        yield f"{name}: no header comment that says what the file is", None
    if path.suffix == ".h" and "#pragma once" not in text:
        yield f"{name}: no #pragma once", None
    if path.suffix in CPP:
        for breach in code_breaches(name, text):
            yield breach, None
    lines = text.count("\n")
    if lines > FILE_MAX:
        yield f"{name}: {lines} lines; the limit is {FILE_MAX}", ("file", name, lines)
    functions = cpp_functions(text) if path.suffix in CPP else python_functions(text) if python else ()
    for function, line, size in functions:
        if size > FUNCTION_MAX:
            key = f"{name}#{function}"
            yield f"{name}:{line}: {function} has {size} lines; the limit is {FUNCTION_MAX}", ("function", key, size)


def read_ratchet():
    ratchet = {}
    for line in RATCHET.read_text().splitlines() if RATCHET.exists() else []:
        words = line.split("#!")[0].split()
        if words and not line.startswith("#"):
            ratchet[(words[0], words[1])] = int(words[2])
    return ratchet


def write_ratchet(ratchet):
    head = [line for line in RATCHET.read_text().splitlines() if line.startswith("#")]
    rows = [f"{kind} {key} {size}" for (kind, key), size in sorted(ratchet.items())]
    RATCHET.write_text("\n".join(head + rows) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lower", action="store_true", help="write the ratchet's sizes down to today's")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    ratchet, seen, found, count = read_ratchet(), {}, [], 0
    for path in [path.resolve() for path in options.files] or files_of(ROOT):
        raw = path.read_bytes()
        if path.suffix not in TEXT and not raw.startswith(b"#!"):
            continue
        count += 1
        name, text = str(path.relative_to(ROOT)), raw.decode(errors="replace")
        for breach, sized in file_breaches(path, name, text):
            if sized:
                kind, key, size = sized
                seen[(kind, key)] = max(size, seen.get((kind, key), 0))
                if size <= ratchet.get((kind, key), 0):
                    continue
            found.append(breach)
    if options.lower:
        ratchet = {entry: min(size, ratchet[entry]) for entry, size in seen.items() if entry in ratchet}
        write_ratchet(ratchet)
    for entry, size in ratchet.items() if not options.files else ():
        if seen.get(entry, 0) < size:
            found.append(f"tools/ratchet.txt: {' '.join(entry)} has shrunk from {size}; run tools/tidy.py --lower")
    print("\n".join(found) or f"style: {count} files keep the rules")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
