"""Ends the servers that suites and the bench have started."""
import subprocess


def end(process, seconds=20):
    """By SIGTERM, and by SIGKILL if that takes longer."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
