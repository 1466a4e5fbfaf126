"""Installs the client libraries and frameworks of each language into .cache/clients, once for what its manifests say."""
import dataclasses
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = ROOT / ".cache" / "clients"
LOGS = CACHE / "logs"
CERTIFICATE = LOGS / "tls.crt"  # there while the clients speak TLS

INSTALL_SECONDS = 900
MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


@dataclasses.dataclass(frozen=True)
class Language:
    """How one language's libraries get into the cache: the commands run in order, each (arguments, folder)."""
    name: str
    manifests: tuple       # A change in one of these, or in a source when `compiled`, installs anew.
    compiled: bool
    commands: object       # Function of (source folder, cache folder) giving the list of commands.
    environment: object    # Function of the cache folder giving variables for installing and for running.


def node_commands(source, cache):
    cache.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(source / name, cache / name)
    return [(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cache)]


def python_commands(source, cache):
    pip = [str(cache / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return [([sys.executable, "-m", "venv", "--clear", str(cache)], source),
            (pip + ["--no-deps", "--require-hashes", "-r", "requirements.txt"], source)]


def go_commands(source, cache):
    return [(["go", "build", "-mod=readonly", "-modcacherw", "-o", str(cache / "bin") + "/", "./..."], source)]


def java_commands(source, cache):
    sources = sorted(str(path) for path in source.glob("*.java"))
    for folder in ("lib", "classes"):  # What an earlier version left there would come along.
        shutil.rmtree(cache / folder, ignore_errors=True)
    copy = ["mvn", "-q", "-B", f"-Dmaven.repo.local={cache / 'repository'}", MAVEN_COPY,
            f"-DoutputDirectory={cache / 'lib'}"]
    return [(copy, source), (["javac", "-cp", f"{cache / 'lib'}/*", "-d", str(cache / "classes")] + sources, source)]


def rust_commands(source, _cache):
    return [(["cargo", "build", "--quiet", "--locked"], source)]


def ruby_commands(source, _cache):
    """Nothing is fetched: the gems are Debian's packages, of tools/install_deps.sh."""
    return [(["ruby", "-e", "gem 'sidekiq', '~> 6.4'; gem 'redis', '~> 4.8'"], source)]


LANGUAGES = {language.name: language for language in (
    Language("node", ("package.json", "package-lock.json"), False, node_commands,
             lambda cache: {"NODE_PATH": str(cache / "node_modules")}),
    Language("python", ("requirements.txt",), False, python_commands, lambda cache: {}),
    Language("go", ("go.mod", "go.sum"), True, go_commands, lambda cache: {"GOMODCACHE": str(cache / "modules")}),
    Language("java", ("pom.xml",), True, java_commands, lambda cache: {}),
    Language("ruby", (), False, ruby_commands, lambda cache: {}),
    Language("rust", ("Cargo.toml", "Cargo.lock"), True, rust_commands,
             lambda cache: {"CARGO_HOME": str(cache / "home"), "CARGO_TARGET_DIR": str(cache / "target")}),
)}


def fingerprint(language):
    """One hash over all that an install depends on."""
    folder = HERE / language.name
    names = [folder / name for name in language.manifests]
    if language.compiled:
        names += sorted(path for path in folder.rglob("*") if path.suffix in (".go", ".java", ".rs"))
    digest = hashlib.sha256(str(folder).encode())
    for path in names:
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def environment_of(language):
    tls = {"SIGRUN_CA": str(CERTIFICATE)} if CERTIFICATE.exists() else {}
    return {**os.environ, **language.environment(CACHE / language.name), **tls}


def install(language):
    """Brings the language's part of the cache up to date. Returns None, or why it could not."""
    source, cache = HERE / language.name, CACHE / language.name
    stamp = CACHE / f"{language.name}.installed"
    try:
        wanted = fingerprint(language)
        if stamp.exists() and stamp.read_text() == wanted:
            return None
        print(f"# installing the {language.name} clients", flush=True)
        stamp.unlink(missing_ok=True)
        with open(LOGS / f"install-{language.name}.log", "w", encoding="utf-8") as log:
            for arguments, folder in language.commands(source, cache):
                subprocess.run(arguments, cwd=folder, env=environment_of(language), stdin=subprocess.DEVNULL,
                               stdout=log, stderr=log, check=True, timeout=INSTALL_SECONDS)
        stamp.write_text(wanted)
        return None
    except (OSError, subprocess.SubprocessError) as error:
        return f"cannot be installed: {error}; see {LOGS / f'install-{language.name}.log'}".replace("\n", " ")
