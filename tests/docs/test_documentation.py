"""The documentation builds without a warning, and nothing is missing from it."""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
pytest.importorskip("sphinx", reason="the documentation needs its extra: pip install 'loomlab[docs]'")
pytestmark = pytest.mark.timeout(600)


class Page(HTMLParser):
    """What a page names (``ids``), where it leads (``links``), and what it loads (``loads``)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self.ids |= {has[name] for name in ("id", "name") if name in has}
        if tag == "a" and "href" in has:
            self.links.append(has["href"])
        if tag in ("script", "img", "iframe", "source") and "src" in has:
            self.loads.append(has["src"])
        if tag == "link" and has.get("rel") not in ("canonical", "author"):
            self.loads.append(has.get("href", ""))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the pages, and what the build said."""
    folder = tmp_path_factory.mktemp("documentation")
    places = ["-c", "notebooks/docs", "-d", str(folder / "doctrees"), "notebooks", str(folder / "html")]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going", *places],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html", done.stderr


@pytest.fixture(scope="module")
def pages(built: tuple[Path, str]) -> dict[Path, Page]:
    """Every page, read."""
    return {path: Page(path.read_text(encoding="utf-8")) for path in built[0].rglob("*.html")}


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    """The module that writes the reference."""
    spec = importlib.util.spec_from_file_location("reference", NOTEBOOKS / "docs" / "reference.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_builds_without_a_warning(built: tuple[Path, str]) -> None:
    assert "WARNING" not in built[1]


def test_every_public_name_has_an_entry(pages: dict[Path, Page], reference: ModuleType) -> None:
    entries = {one for page in pages.values() for one in page.ids}
    homes = reference.homes()
    rooms = reference.rooms()
    assert len(rooms) > 20
    names = {f"{room.__name__}.{name}": value for room in rooms for name, value in reference.offered(room).items()}
    assert len(names) > 400
    # A module among the names has an entry of its own kind.
    missing = [name for name, value in names.items() if not {homes[id(value)], f"module-{homes[id(value)]}"} & entries]
    assert missing == []


def test_every_name_of_loomlab_itself_leads_to_its_entry(built: tuple[Path, str], reference: ModuleType) -> None:
    import loomlab

    page = (built[0] / "docs" / "api" / "index.html").read_text(encoding="utf-8")
    homes = reference.homes()
    silent = [name for name, value in reference.offered(loomlab).items() if f"#{homes[id(value)]}" not in page]
    assert silent == []


def _broken(root: Path, pages: dict[Path, Page]) -> Iterator[str]:
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = target.is_relative_to(root) and target.is_file()
            named = unquote(parts.fragment)
            if not there or (named and target in pages and named not in pages[target].ids):
                yield f"{path.relative_to(root)}: {link}"


def test_every_link_within_leads_somewhere(built: tuple[Path, str], pages: dict[Path, Page]) -> None:
    assert list(_broken(built[0], pages)) == []


def test_nothing_is_fetched_from_elsewhere(pages: dict[Path, Page]) -> None:
    assert [load for page in pages.values() for load in page.loads if urlsplit(load).netloc] == []


def test_every_notebook_and_guide_is_in_the_table_of_contents(built: tuple[Path, str], pages: dict[Path, Page]) -> None:
    contents = {unquote(urlsplit(link).path) for link in pages[built[0] / "index.html"].links}
    sources = [*NOTEBOOKS.glob("*.ipynb"), *NOTEBOOKS.glob("guides/**/*.ipynb"), *NOTEBOOKS.glob("guides/**/*.md")]
    there = [path for path in sources if ".ipynb_checkpoints" not in path.parts]
    assert len(there) > 20
    wanted = [path.relative_to(NOTEBOOKS).with_suffix(".html").as_posix() for path in there]
    assert [page for page in wanted if page not in contents] == []


def test_outputs_of_notebooks_are_shown_as_they_are_stored(built: tuple[Path, str]) -> None:
    page = (built[0] / "gallery.html").read_text(encoding="utf-8")
    assert page.count('class="loom mathjax_ignore') > 40
    assert "jupyter.widget-view" not in page and "vnd.plotly" not in page


HEAD = re.compile(
    r"\A# .+\n\n\*\*What you learn:\*\* .+\n\*\*Time:\*\* .+ \*\*You need:\*\* .+\n\n.*\*\*Contents:\*\* .+\Z",
    re.DOTALL,
)


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_tutorial_begins_and_ends_as_the_others_do(path: Path) -> None:
    import nbformat

    cells = nbformat.read(path, as_version=4).cells
    first, last = cells[0], cells[-1]
    assert first.cell_type == last.cell_type == "markdown"
    assert "**What you learn:**" in first.source and "**Time:**" in first.source and "**You need:**" in first.source
    assert "**Onward:**" in last.source or "**Begin again:**" in last.source
    assert "](guides/" in last.source
    if path.stem != "00_first_comparison":
        assert HEAD.match(first.source), first.source
