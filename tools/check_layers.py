#!/usr/bin/env python3
"""Checks that src/ keeps the order of folders written in src/LAYERS. One line a breach, exit code 1.

Usage: tools/check_layers.py [SRC]

Three kinds of breach: an include upward or sideways, a folder that LAYERS does not list, and a namespace other than the
folder's own. Files directly in src/ (main.cc) may include anything.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"/]+)/[^"]+"')
QUOTED = re.compile(r'^\s*#\s*include\s+"([^"/]+)"')
NAMESPACE = re.compile(r"^namespace\s+([a-z_0-9]+)")
SOURCES = {".h", ".cc"}


def read_layers(path):
    """LAYERS as {folder: the folders that it may include beside itself}."""
    allowed, below = {}, set()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        names, narrowed, listed = line.split("#")[0].partition(":")
        names, listed = names.split(), set(listed.split())
        for folder in names:
            if folder in allowed:
                sys.exit(f"{path}:{number}: {folder} is listed twice")
            if not listed <= below:
                sys.exit(f"{path}:{number}: {folder} lists what is not below it: {' '.join(sorted(listed - below))}")
            allowed[folder] = listed if narrowed else set(below)
        if not narrowed:  # a narrowed folder is a leaf: nothing above may use it
            below |= set(names)
    return allowed


def breaches_of(path, folder, allowed):
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        include = INCLUDE.match(line)
        if include and include[1] != folder and include[1] not in allowed[folder]:
            known = "not in LAYERS" if include[1] not in allowed else "not below it"
            yield f"{path}:{number}: {folder} may not include {include[1]}, which is {known}"
        if QUOTED.match(line):
            yield f'{path}:{number}: write the folder too: "{folder}/{QUOTED.match(line)[1]}"'
        namespace = NAMESPACE.match(line)
        # std is opened only to specialise hash and the like.
        if namespace and namespace[1] not in (folder, "std", "fmt"):
            yield f"{path}:{number}: namespace {namespace[1]} in folder {folder}"


def breaches(source, allowed):
    for path in sorted(path for path in source.rglob("*") if path.suffix in SOURCES):
        parts = path.relative_to(source).parts
        if len(parts) == 1:
            continue
        if parts[0] in allowed:
            yield from breaches_of(path, parts[0], allowed)
        else:
            yield f"{path}: folder {parts[0]} is not in LAYERS"


def main():
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "src")
    allowed = read_layers(source / "LAYERS")
    found = list(breaches(source, allowed))
    print("\n".join(found) or f"layers: {len(allowed)} folders in order")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
