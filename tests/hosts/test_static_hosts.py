"""Where no script of ours runs: GitHub takes styles and pictures away, VS Code brings its own colours."""

import re
import shutil

import nbformat
import nh3
import pytest
from nbconvert import HTMLExporter, MarkdownExporter, PythonExporter

from loomlab.notebook.face import Face

# What GitHub is known to leave of an output: text, tables, lists, links, folds; no style, class, id, picture of shapes.
_LEFT = (
    "h1 h2 h3 h4 h5 h6 br b i strong em a pre code img tt div ins del sup sub p ol ul table thead tbody tfoot "
    "blockquote dl dt dd kbd q samp var hr s strike summary details caption tr td th span li"
)
GITHUB = set(_LEFT.split())
TEXTS = {
    "result": ("It has", "seven", "answered", "react", "2 turns"),
    "run": ("It has", "answered", "Trace", "look", "seven rings at Saturn", "turn 2"),
    "agent": ("watcher", "Graph in words", "look"),
    "evaluation": ("echo", "loud", "1.000", "0.000", "95 % interval", "6"),
    "decision": ("echo is better than loud", "1.000", "paired", "score"),
    "aligned": ("The runs part at step", "calls look", "answer"),
    "pareto": ("echo", "loud", "1.000"),
    "explained": ("rings", "score"),
}


def on_github(html: str) -> str:
    return nh3.clean(html, tags=GITHUB, attributes={"a": {"href"}, "th": {"scope", "colspan"}, "details": {"open"}})


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html)).strip()


def test_every_value_has_a_face(faces: dict[str, Face]) -> None:
    assert set(faces) == set(TEXTS)


@pytest.mark.parametrize("name", TEXTS)
def test_what_github_leaves_of_an_output_is_readable(name: str, faces: dict[str, Face]) -> None:
    left = on_github(faces[name].html)
    assert "<style" not in left and "class=" not in left and "<svg" not in left and "--l-fg" not in left
    said = words(left)
    assert [text for text in TEXTS[name] if text not in said] == []
    assert "<table" in left or name in ("result", "agent")


def test_each_picture_has_its_figures_or_words_beside_it(faces: dict[str, Face]) -> None:
    for name, face in faces.items():
        pictures = re.findall(r"<svg.*?</svg>", face.html, re.DOTALL)
        without = words(on_github(re.sub(r"<svg.*?</svg>", "", face.html, flags=re.DOTALL)))
        for picture in pictures:
            shown = [
                one for one in re.findall(r"<text[^>]*>([^<]*)</text>", picture) if re.search(r"\w{4}|\d\.\d", one)
            ]
            # Marks of an axis are no figures; names and values must be there in words too.
            missing = [one for one in shown if one.strip() not in without]
            assert len(missing) <= len(shown) / 2 + 1, (name, missing)


def notebook(faces: dict[str, Face]) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(f"show({name!r})", outputs=[
        nbformat.v4.new_output("execute_result", data=face.bundle, execution_count=1)]) for name, face in faces.items()
    ]  # fmt: skip
    return nbformat.v4.new_notebook(cells=cells)


def test_nbconvert_keeps_faces_in_html_and_words_in_markdown(faces: dict[str, Face]) -> None:
    made = notebook(faces)
    html, _ = HTMLExporter().from_notebook_node(made)
    assert html.count('class="loom mathjax_ignore') == len(faces)
    clean, _ = HTMLExporter(sanitize_html=True).from_notebook_node(made)
    assert "seven rings at Saturn" in clean
    told, _ = MarkdownExporter().from_notebook_node(made)
    assert "It has" in told and "echo is better than loud" in told
    script, _ = PythonExporter().from_notebook_node(made)
    compile(script, "notebook.py", "exec")


@pytest.mark.browser
def test_in_vs_code_faces_take_its_colours_in_light_and_in_dark(faces: dict[str, Face]) -> None:
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"]
    looks = {
        "vscode-light": ("#3b3b3c", "#fefefd", "#0072b2"),
        "vscode-dark": ("#cccccd", "#1f1f20", "#56b4e9"),
        "vscode-high-contrast": ("#fffffe", "#000001", "#56b4e9"),
        "vscode-high-contrast vscode-high-contrast-light": ("#292928", "#fffffe", "#0072b2"),
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        for kind, (fg, bg, accent) in looks.items():
            # The machine's own choice is the other one: the editor's must win.
            dark = accent == "#56b4e9"
            page = browser.new_context(color_scheme="light" if dark else "dark", java_script_enabled=True).new_page()
            style = f":root{{--vscode-editor-foreground:{fg};--vscode-editor-background:{bg}}}"
            body = "".join(face.html for face in faces.values())
            page.set_content(f'<html><style>{style}</style><body class="{kind}">{body}</body></html>')
            found = page.evaluate(
                "(() => { const s = getComputedStyle(document.querySelector('.loom'));"
                " return [s.color, s.backgroundColor, s.getPropertyValue('--l-accent').trim()] })()"
            )
            assert found == [_rgb(fg), _rgb(bg), accent], kind
        browser.close()


def _rgb(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"
