"""What the contained process runs: sets its limits, shuts the doors, runs the code, then the tests.

It is started as a script, by path and in isolated mode; of ours it loads one file, which imports nothing else. From its
standard input it reads one JSON line: the code, the tests, the limits, and a word that its verdict must carry, which
the code is not told: a program that merely exits has not passed.
"""

import builtins
import importlib.util
import json
import os
import sys
from typing import Any

_DENIED = (
    "subprocess.",
    "os.fork",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "os.startfile",
    "os.kill",
    "signal.pthread_kill",
    "pty.",
    "ctypes.",
    "resource.setrlimit",
    "resource.prlimit",
    "socket.connect",
    "socket.bind",
    "socket.send",
    "socket.get",
    "winreg.",
    "webbrowser.",
)
_CHANGES = (
    "os.chflags",
    "os.chmod",
    "os.chown",
    "os.lchmod",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.removexattr",
    "os.rename",
    "os.rmdir",
    "os.setxattr",
    "os.symlink",
    "os.truncate",
    "os.utime",
    "shutil.",
    "tempfile.",
    "sqlite3.connect",
)
_NO_IMPORT = {"_multiprocessing", "_winapi"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _limit(job: dict[str, Any]) -> None:
    """The kernel's own limits: no network and nothing of other processes, as far as it permits; memory, time, files."""
    found = importlib.util.spec_from_file_location("confine", job["confine"])
    if found is None or found.loader is None:
        return
    confine = importlib.util.module_from_spec(found)
    found.loader.exec_module(confine)
    left = confine.enter_namespaces(processes=False)
    if "user" in left:
        confine.drop_privileges()
    if "network" not in left:
        confine.refuse_sockets()
    confine.limit(memory=job["memory"], seconds=job["seconds"], file_bytes=job["file_bytes"])


def _shut(folder: str) -> None:
    """Refuse, from here on and for good, other processes, the network, and files outside ``folder``."""
    real, join, fspath, getcwd = os.path.realpath, os.path.join, os.fspath, os.getcwd
    readable = tuple({real(one) for one in (folder, sys.prefix, sys.base_prefix, *filter(None, sys.path))})
    readable += ("/dev/null", "/dev/urandom", "/usr/share/zoneinfo", "/etc/localtime")
    denied, changes, separator, writes = _DENIED, _CHANGES, os.sep, _WRITES
    no_import, refusal = _NO_IMPORT, PermissionError
    home = real(folder)
    try:
        import _posixsubprocess
    except ImportError:
        pass
    else:  # many a module loads it and few use it; it tells the audit hook nothing

        def refuse(*_: Any) -> int:
            raise refusal("this program may not start processes")

        vars(_posixsubprocess)["fork_exec"] = refuse

    def under(path: Any, roots: tuple[str, ...]) -> bool:
        if isinstance(path, int) or path is None:  # something that is open already
            return True
        try:
            whole = fspath(path)
            text = whole.decode("utf-8", "surrogateescape") if isinstance(whole, bytes) else whole
            place = real(join(getcwd(), text))
        except (TypeError, ValueError, OSError):
            return False
        return any(place == root or place.startswith(root.rstrip(separator) + separator) for root in roots)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            mutates = isinstance(flags, int) and bool(flags & writes)
            if not under(path, (home, "/dev/null") if mutates else readable):
                raise refusal(f"the file {path!r} is outside the folder of this program")
        elif event == "import":
            if arguments[0] in no_import:
                raise refusal(f"this program may not import {arguments[0]}")
        elif event.startswith(changes):
            paths = [one for one in arguments if isinstance(one, (str, bytes, os.PathLike))]
            if not all(one in (":memory:", "") or under(one, (home,)) for one in paths):
                raise refusal(f"{event} outside the folder of this program")
        elif event.startswith(denied) and not (event == "ctypes.dlopen" and arguments[0] is None):
            raise refusal(f"this program may not use {event}")

    sys.addaudithook(hook)


def _say(fault: BaseException) -> str:
    text = " ".join(str(fault).split())[:300]
    return f"{type(fault).__name__}: {text}" if text else type(fault).__name__


def _run(job: dict[str, Any]) -> dict[str, Any]:
    verdict: dict[str, Any] = {"word": job["word"], "passed": 0, "total": len(job["tests"]), "faults": []}
    space: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
    run, compiled, faults = exec, compile, verdict["faults"]  # the code may put others in their place
    try:
        run(compiled(job["code"], "<answer>", "exec"), space)
    except BaseException as exc:  # its exit or interrupt is its own
        faults.append(_say(exc))
        return verdict
    for number, test in enumerate(job["tests"], 1):
        try:
            run(compiled(test, f"<test {number}>", "exec"), space)
        except BaseException as exc:
            faults.append(f"test {number}: {_say(exc)}")
        else:
            verdict["passed"] += 1
    return verdict


def _main() -> None:
    job = json.loads(sys.stdin.buffer.readline())
    dumped, write, leave, flush = json.dumps, os.write, os._exit, (sys.stdout.flush, sys.stderr.flush)
    channel = os.open(job["verdict"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.chdir(job["folder"])
    sys.path[:] = [one for one in sys.path if one != os.path.dirname(os.path.abspath(__file__))]  # noqa: PTH100, PTH120 - pathlib would be loaded for this alone
    sys.argv[:] = ["answer.py"]
    _limit(job)
    _shut(job["folder"])
    verdict = dumped(_run(job)).encode()
    write(channel, verdict)
    for one in flush:
        try:
            one()
        except (OSError, ValueError, AttributeError):
            continue
    leave(0)  # threads that the code left behind are not waited for


if __name__ == "__main__":
    _main()
