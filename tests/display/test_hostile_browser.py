"""The corpus in a real browser: nothing runs, nothing is fetched, nothing stands outside the allow-list."""

import json
from collections.abc import Iterator

import pytest
from hostile import PAYLOADS, faces
from playwright.sync_api import Browser, Page, Request
from safe import TAGS, without_style

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

_LOOK = """(allowed) => {
  const found = [];
  const bad = /^on|^(id|name|style|src|srcset|action|formaction|xlink:href)$/;
  const events = ['mouseover', 'focus', 'load', 'error', 'toggle', 'animationstart'];
  for (const one of document.querySelectorAll('.host *')) {
    const tag = one.localName;
    const where = one.closest('.host').title;
    if (!allowed.includes(tag) && !(tag === 'style' && one.parentElement.className === 'host')) found.push(where + tag);
    for (const at of one.attributes) if (bad.test(at.name)) found.push(where + tag + '.' + at.name);
  }
  document.querySelectorAll('details').forEach(one => one.open = true);
  document.querySelectorAll('.host *').forEach(one => events.forEach(kind => one.dispatchEvent(new Event(kind))));
  return found;
}"""

_SET_AGAIN = """() => { for (const host of document.querySelectorAll('.host')) {
  host.innerHTML = host.innerHTML;
  for (const old of host.querySelectorAll('script')) {
    const script = document.createElement('script');
    script.textContent = old.textContent;
    old.replaceWith(script);
  }
} }"""


class Watched:
    """A page that notes every request, dialog, popup and download."""

    def __init__(self, browser: Browser) -> None:
        self.page: Page = browser.new_page(viewport={"width": 900, "height": 2000})
        self.seen: list[str] = []
        self.page.route("**/*", self._note)
        self.page.on("dialog", lambda dialog: (self.seen.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("popup", lambda popup: self.seen.append(f"popup {popup.url}"))
        self.page.on("framenavigated", lambda frame: frame.parent_frame and self.seen.append(f"frame {frame.url}"))

    def _note(self, route, request: Request) -> None:
        self.seen.append(f"request {request.url}")
        route.abort()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    one = Watched(browser)
    yield one
    one.page.close()


def test_the_watch_sees_what_it_should_see(watched: Watched):
    watched.page.set_content("<img src='http://evil.example/x.png'><script>window.__ran=1</script>", wait_until="load")
    assert watched.seen == ["request http://evil.example/x.png"]
    assert watched.page.evaluate("window.__ran") == 1
    watched.page.set_content("<div class=host><p id=x></p><b onclick=1></b></div>")
    assert watched.page.evaluate(_LOOK, sorted(TAGS)) == ["p.id", "b", "b.onclick"]


@pytest.mark.parametrize("part", range(4))
def test_in_a_document_and_set_again_as_inner_html_nothing_runs_and_nothing_is_fetched(watched: Watched, part: int):
    """Parsed as a page first; then read back and set as ``innerHTML``, scripts run by hand, as front ends do."""
    names = list(PAYLOADS)[part::4]
    hosts = []
    for name in names:
        shown = [
            html if face == "run" else without_style(html) for face, html in faces(PAYLOADS[name]) if "page" not in face
        ]
        hosts += [f'<div class="host" title="{name}">{html}</div>' for html in shown]
    watched.page.set_content(f"<!doctype html><meta charset=utf-8><body>{''.join(hosts)}</body>", wait_until="load")
    assert watched.page.evaluate(_LOOK, sorted(TAGS)) == []
    watched.page.evaluate(_SET_AGAIN)
    assert watched.page.evaluate(_LOOK, sorted(TAGS)) == []
    assert watched.page.evaluate("window.__ran ?? 0") == 0, names
    assert watched.seen == [], names


def test_a_report_file_loads_nothing_and_runs_nothing(watched: Watched):
    allowed = TAGS | {"h1", "meta", "style", "title", "html", "head", "body", "main"}
    for name, text in PAYLOADS.items():
        for html in [html for face, html in faces(text) if face.startswith("page")]:
            watched.page.set_content(html, wait_until="load")
            found = watched.page.evaluate("[...new Set([...document.querySelectorAll('*')].map(one => one.localName))]")
            assert set(found) <= allowed, name
            assert watched.page.evaluate("window.__ran ?? 0") == 0, name
            assert watched.seen == [], name


def test_the_policy_of_a_report_stops_even_what_would_be_in_it(watched: Watched):
    from loomlab.display import page

    evil = page("report", "").replace(
        "</main>", "<img src='http://evil.example/x'><script>window.__ran=1</script></main>"
    )
    watched.page.set_content(evil, wait_until="load")
    assert watched.seen == []
    assert watched.page.evaluate("window.__ran ?? 0") == 0


def test_a_text_reads_the_same_in_the_browser(watched: Watched):
    from loomlab.display import error_html

    text = "a < b && c > \"d\" 'e' </p><script>1</script> 漢字 é"
    watched.page.set_content(f"<div class=host>{error_html(text)}</div>")
    assert json.dumps(text)[1:-1] in json.dumps(watched.page.inner_text(".host"))
