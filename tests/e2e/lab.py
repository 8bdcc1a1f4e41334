"""A JupyterLab of our own and a browser on it, for tests that look at the real thing."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import nbformat
from nbformat.reader import NotJSONError
from playwright.sync_api import Browser, Page, expect, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"]
_SERVER = [
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--IdentityProvider.token=",
    "--ServerApp.password=",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
]
START_S = 60


class Lab:
    """A running server on a folder of notebooks, and a browser."""

    def __init__(self, folder: Path, url: str, browser: Browser) -> None:
        self.folder = folder
        self.url = url
        self._browser = browser
        self._setting("@jupyterlab/apputils-extension:notification", {"fetchNews": "false"})

    def write(self, name: str, cells: list[str]) -> Path:
        """A new notebook of code cells."""
        path = self.folder / name
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, path)
        return path

    @contextmanager
    def open(self, name: str, *, dark: bool = False, kernel: bool = True) -> Iterator["OpenNotebook"]:
        """The notebook in a fresh page, its kernel idle. ``kernel=False`` waits for the document only."""
        theme = "JupyterLab Dark" if dark else "JupyterLab Light"
        self._setting("@jupyterlab/apputils-extension:themes", {"theme": theme})
        context = self._browser.new_context(
            viewport={"width": 1100, "height": 3600}, color_scheme="dark" if dark else "light"
        )
        page = context.new_page()
        fetched: list[str] = []
        page.on("request", lambda request: fetched.append(request.url))
        page.goto(f"{self.url}/lab/tree/{name}?reset", wait_until="domcontentloaded")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=START_S * 1000)
        if kernel:
            expect(page.locator("#jp-bottom-panel")).to_contain_text("| Idle", timeout=START_S * 1000)
        try:
            yield OpenNotebook(page, self.folder / name, fetched)
        finally:
            context.close()

    def plain_page(self) -> Page:
        """A page without scripts, as a viewer of files would show it."""
        return self._browser.new_context(java_script_enabled=False, viewport={"width": 1000, "height": 1600}).new_page()

    def _setting(self, plugin: str, value: dict[str, Any]) -> None:
        extension, _, name = plugin.partition(":")
        path = self.folder.parent / "jupyter" / "settings" / extension / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")


class OpenNotebook:
    """A notebook in the browser."""

    def __init__(self, page: Page, path: Path, fetched: list[str]) -> None:
        self.page = page
        self.path = path
        self.fetched = fetched

    def run_all(self, *, timeout_s: float = 60) -> None:
        """Run every cell and wait for the kernel to be idle again."""
        self.start()
        expect(self.page.locator(".jp-Notebook .jp-InputArea-prompt", has_text="[*]")).to_have_count(
            0, timeout=timeout_s * 1000
        )

    def start(self) -> None:
        """Begin to run every cell."""
        self.page.locator(".jp-Notebook .jp-Cell").first.click()
        self.page.locator(".lm-MenuBar-item", has_text="Run").first.click()
        self.page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()

    def save(self) -> Any:
        """Save, and read what is on disk."""
        before = self.path.stat().st_mtime_ns
        self.page.locator(".jp-Notebook .jp-Cell").first.click()
        self.page.keyboard.press("Control+s")
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            self.page.wait_for_timeout(100)
            # The server writes in pieces: until the last one is there, the file is not a notebook.
            if self.path.stat().st_mtime_ns != before:
                with suppress(NotJSONError):
                    return nbformat.read(self.path, as_version=4)
        raise AssertionError(f"{self.path.name} was not saved within 20 s")

    def output(self, cell: int) -> Any:
        """The outputs of a cell, counted from 0."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(cell).locator(".jp-OutputArea")


def install_extension() -> None:
    """The JupyterLab extension of this clone, built if it is not, in the Python that runs JupyterLab here."""
    command = [sys.executable, str(Path(__file__).parents[2] / "extension" / "develop.py")]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise RuntimeError(f"these tests need the JupyterLab extension, which could not be installed:\n{done.stderr}")


@contextmanager
def running_lab(folder: Path) -> Iterator[Lab]:
    """JupyterLab on ``folder``, with settings and kernels of its own, and with the extension of this clone."""
    install_extension()
    with _running_server(folder) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield Lab(folder / "notebooks", url, browser)
        browser.close()


@contextmanager
def lab_beside(lab: Lab, folder: Path, *options: str) -> Iterator[Lab]:
    """Another JupyterLab, with options of its own, in the same browser."""
    with _running_server(folder, *options) as url:
        yield Lab(folder / "notebooks", url, lab._browser)


@contextmanager
def _running_server(folder: Path, *options: str) -> Iterator[str]:
    """Its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    notebooks, home = folder / "notebooks", folder / "jupyter"
    for path in (notebooks, home):
        path.mkdir(exist_ok=True)
    names = ("CONFIG", "DATA", "RUNTIME")
    environment = {
        **os.environ,
        **{f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in names},
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "LOOMLAB_HOME": str(folder / "log"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    log = (folder / "lab.log").open("w", encoding="utf-8")
    command = [sys.executable, "-m", "jupyterlab", *_SERVER, f"--port={port}", f"--ServerApp.root_dir={notebooks}"]
    command += options
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=notebooks)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, server, folder / "lab.log")
        yield url
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def _wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{url}/api/status", timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")
