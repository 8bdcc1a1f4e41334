"""Who may come in: nobody without the token, no foreign page, no form; and nothing sent is ever opened as a path."""

import http.cookiejar
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
from served import TOKEN, Server

from loomlab.runlog import RunLog
from loomlab.runlog.home import Home
from loomlab.server.routes import ROUTES
from loomlab.testing.events import sample_run

ADDRESSES = [address for address, _ in ROUTES]
WRITES = [address for address, handler in ROUTES if "post" in vars(handler)]
SECRET = "a text that only lies on the disk"


@pytest.fixture(scope="module")
def guarded(server: Server) -> Iterator[Server]:
    """With a run, and with a file beside the root folder that nobody may read."""
    log = RunLog(Home.find(server.home))
    for event in sample_run(run_id="run_a", user_id="alice"):
        log.on_event(event)
    log.close()
    (server.root.parent / "secret.ipynb").write_text(SECRET, encoding="utf-8")
    yield server


class Browser:
    """Somebody who signed in and has the cookies, as a page in a browser does."""

    def __init__(self, server: Server) -> None:
        self.server, self.jar = server, http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.opener.open(f"{server.origin}/login?token={TOKEN}", timeout=30).close()
        self.xsrf = next(cookie.value for cookie in self.jar if cookie.name == "_xsrf")

    def ask(self, path: str, *, body: Any = None, **headers: str) -> tuple[int, Any, str]:
        """Status, headers, text."""
        data = None if body is None else json.dumps(body).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(self.server.address(path), data=data, headers=sent)
        try:
            with self.opener.open(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read().decode()


@pytest.mark.parametrize("token", [None, "wrong"])
def test_nobody_comes_in_without_the_token(guarded: Server, token: str | None) -> None:
    for address in ADDRESSES:
        for method, data in (("GET", None), ("POST", b"{}")):
            headers = {"Content-Type": "application/json"} if data else {}
            reply = guarded.ask(guarded.address(address), token=token, headers=headers, data=data, method=method)
            assert reply.status in (403, 405), (address, method)
            assert set(reply.json) == {"message"}
            assert "alice" not in reply.text
        if token:
            assert guarded.ask(guarded.address(address, token=token), token=None).status in (403, 405), address


def test_an_address_that_there_is_not_tells_a_stranger_nothing(guarded: Server) -> None:
    for path in ("nothing", "runs/", "runs/x", "../api/status", "..%2f..%2fapi%2fcontents", "%00", "run\\x"):
        assert guarded.ask(f"{guarded.origin}/loomlab/api/{path}", token=None).status in (403, 404)
        assert guarded.ask(f"{guarded.origin}/loomlab/api/{path}").status in (400, 404), path


def test_a_page_of_another_origin_gets_nothing_to_read(guarded: Server) -> None:
    browser = Browser(guarded)
    status, headers, text = browser.ask("runs")
    assert status == 200
    assert "alice" in text
    for origin in ("http://evil.example", "null", f"http://localhost:{guarded.port}", "http://127.0.0.1:1"):
        for address in ("about", "runs", "runs/facets", "runs/spend", "run?run_id=run_a", "events"):
            status, headers, text = browser.ask(address, Origin=origin)
            assert status in (403, 404), (origin, address)
            assert "alice" not in text
            assert "Access-Control-Allow-Origin" not in headers


def test_nothing_says_that_other_origins_may_read(guarded: Server) -> None:
    for origin in ("http://evil.example", guarded.origin):
        status, headers, _ = Browser(guarded).ask("about", Origin=origin)
        assert not [name for name in headers if name.lower().startswith("access-control-")], status


@pytest.mark.parametrize(
    "address", [address for address, handler in ROUTES if hasattr(handler, "post") and "post" in vars(handler)]
)
def test_a_write_needs_the_cookies_own_word_and_our_own_origin(guarded: Server, address: str) -> None:
    browser = Browser(guarded)
    status, _, text = browser.ask(address, body={})
    assert status == 403, "without the XSRF header"
    assert "_xsrf" in json.loads(text)["message"]
    assert browser.ask(address, body={}, X_XSRFToken="wrong")[0] == 403
    for origin in ("http://evil.example", "null"):
        status, headers, _ = browser.ask(address, body={}, X_XSRFToken=browser.xsrf, Origin=origin)
        assert status in (403, 404)
        assert "Access-Control-Allow-Origin" not in headers
    status, _, text = browser.ask(address, body={}, X_XSRFToken=browser.xsrf, Origin=guarded.origin)
    assert status == 400, text
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        status, _, text = browser.ask(address, body={}, X_XSRFToken=browser.xsrf, Content_Type=kind)
        assert status in (400, 415), text
        assert "JSON" in text or "multipart" in text


TRICKS = [
    "../secret.ipynb",
    "../../etc/passwd",
    "work/../../secret.ipynb",
    "..",
    ".",
    "./secret.ipynb",
    "a//b.ipynb",
    "/etc/passwd",
    "//etc/passwd",
    "..\\secret.ipynb",
    "C:\\secret.ipynb",
    "C:/secret.ipynb",
    "secret.ipynb\0.png",
    "%2e%2e/secret.ipynb\0",
    "a/",
    "work/..",
]


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("path", ["runs", "runs/spend"])
def test_a_notebook_outside_of_the_root_folder_is_refused(guarded: Server, path: str, trick: str) -> None:
    reply = guarded.get(path, notebook=trick)
    assert reply.status == 400
    assert reply.message.startswith("notebook takes")


def test_an_encoded_trick_is_only_the_name_of_a_notebook_that_there_is_not(guarded: Server) -> None:
    for trick in ("%2e%2e/secret.ipynb", "%2e%2e%2fsecret.ipynb", "~/.bashrc", "$HOME/x", "file:%2f%2f/etc/passwd"):
        assert guarded.get("runs", notebook=trick).json["total"] == 0


PARAMETERS = [
    *(("runs", name) for name in ("offset", "limit", "text", "user", "architecture", "model", "outcome", "session")),
    *(("runs", name) for name in ("min_cost", "max_cost", "top")),
    *((path, "run_id") for path in ("run", "run/align", "run/fork")),
    *((path, "path") for path in ("about", "runs", "run", "events", "runs/facets")),
]


@pytest.mark.parametrize(("path", "name"), PARAMETERS)
def test_no_parameter_opens_a_file(guarded: Server, path: str, name: str) -> None:
    for trick in [*TRICKS, str(guarded.root.parent / "secret.ipynb"), (guarded.root.parent / "secret.ipynb").as_uri()]:
        reply = guarded.ask(guarded.address(path) + "?" + urllib.parse.urlencode({name: trick}))
        assert reply.status in (400, 404) or name == "text" or reply.json["total"] == 0, trick
        assert SECRET not in reply.text
        assert "root:" not in reply.text


def test_bytes_that_are_no_text_are_refused(guarded: Server) -> None:
    for given in ("text=%ff%fe", "%ff=1", "user=%ed%a0%80", "run_id=%c0%ae%c0%ae/"):
        reply = guarded.ask(guarded.address("runs") + "?" + given)
        assert reply.status == 400, given


def test_an_address_of_many_kinds_of_slashes_reaches_no_file(guarded: Server) -> None:
    for path in (
        "/loomlab/api/../../secret.ipynb",
        "/loomlab/../loomlab/api/..%2f..%2fsecret.ipynb",
        "/loomlab//api/runs",
    ):
        connection = HTTPConnection("127.0.0.1", guarded.port, timeout=30)
        connection.request("GET", path, headers={"Authorization": f"token {TOKEN}"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status in (400, 404)
        assert SECRET not in text


def test_another_host_name_is_refused(guarded: Server) -> None:
    """A name of somebody else that leads to this machine (DNS rebinding)."""
    headers = {"Host": "evil.example", "Authorization": f"token {TOKEN}"}
    connection = HTTPConnection("127.0.0.1", guarded.port, timeout=30)
    connection.request("GET", "/loomlab/api/runs", headers=headers)
    assert connection.getresponse().status == 403
    connection.close()


def test_no_answer_is_kept_by_a_cache(guarded: Server) -> None:
    for path in ("about", "runs", "runs/facets", "runs/spend"):
        assert guarded.get(path).headers["Cache-Control"] == "no-store"


def test_a_body_that_is_too_large_or_no_json_is_refused(guarded: Server) -> None:
    assert guarded.post("run/label", {"note": "x" * 70_000}).status == 413
    deep = "[" * (sys.getrecursionlimit() * 2)
    for body in (b"{", b"[]", b"null", b'"x"', deep.encode(), b"\xff"):
        headers = {"Content-Type": "application/json"}
        reply = guarded.ask(guarded.address("run/label"), headers=headers, data=body, method="POST")
        assert reply.status == 400, body[:20]
        assert "JSON" in reply.message
