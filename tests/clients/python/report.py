"""Runs the checks of an object one after the other and prints one line each: `ok NAME` or `FAIL NAME: reason`."""
import contextlib
import os
import pathlib
import subprocess
import sys
import time


def expect(actual, wanted, what):
    if actual != wanted:
        raise AssertionError(f"{what}: got {actual!r:.100}, wanted {wanted!r:.100}")


def expect_true(condition, what):
    if not condition:
        raise AssertionError(what)


def eventually(condition, what):
    """Waits until the condition gives something true, which is returned."""
    deadline = time.monotonic() + 15
    while not (value := condition()):
        expect_true(time.monotonic() < deadline, f"never: {what}")
        time.sleep(0.02)
    return value


@contextlib.contextmanager
def process(*arguments):
    """Runs a Python module beside this program, which finds the modules of this folder; ends it at the end."""
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parent), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen([sys.executable, "-m", *arguments], env=environment) as child:
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(timeout=5)
            except subprocess.TimeoutExpired:
                child.kill()


def report(checks):
    """Every method whose name begins with `check_` is one check; they run in the order they are written."""
    for name in [name for name in vars(type(checks)) if name.startswith("check_")]:
        try:
            getattr(checks, name)()
            print("ok", name.removeprefix("check_"), flush=True)
        except Exception as error:  # pylint: disable=broad-except
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            print(f"FAIL {name.removeprefix('check_')}: {reason}", flush=True)
