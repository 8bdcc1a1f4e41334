import builtins
from typing import Any

import pytest
from safe import words, wrong

from loomlab.display.markdown import _render, markdown_html


def test_the_usual_markdown_is_shown():
    html = markdown_html(
        "# Title\n\nSome **bold**, *soft* and `code`.\n\n- one\n- two\n\n3. three\n\n> quoted\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx = 1 < 2\n```\n\n~~gone~~\n\n---\n"
    )
    for part in (
        "<p><strong>Title</strong></p>",
        "<strong>bold</strong>",
        "<em>soft</em>",
        "<code>code</code>",
        "<li>one</li>",
    ):
        assert part in html
    code = '<pre tabindex="0"><code>x = 1 &lt; 2\n</code></pre>'
    for part in ('<ol start="3">', "<blockquote>", "<td>1</td>", code, "<hr>"):
        assert part in html
    assert wrong(html) == []


def test_headings_do_not_enter_the_outline_of_the_page():
    assert "<h" not in markdown_html("# a\n## b\n\nc\n===\n").replace("<hr", "")


def test_single_line_breaks_stay():
    assert markdown_html("roses\nviolets") == "<p>roses<br>\nviolets</p>"


def test_html_in_a_text_is_text():
    assert words(markdown_html("<b>x</b> &amp; <i>y")) == "<b>x</b> & <i>y"


@pytest.mark.parametrize("address", ["http://a.example/", "https://a.example/?q=1&r=2", "mailto:someone@a.example"])
def test_links_to_the_web_and_to_mail_work(address: str):
    html = markdown_html(f"[text]({address})")
    assert 'rel="noopener noreferrer nofollow"' in html
    assert address.replace("&", "&amp;") in html
    assert address in words(html)


@pytest.mark.parametrize(
    "address", ["//a.example", "/etc", "relative.html", "#jp-main", "ftp://a.example/x", "tel:112"]
)
def test_other_links_are_only_shown(address: str):
    html = markdown_html(f"[text]({address})")
    assert "<a" not in html
    assert f"text ({address})" in words(html)


def test_the_shown_address_of_a_long_link_is_cut():
    assert len(words(markdown_html(f"[x](http://a.example/{'y' * 5_000})"))) < 200


def test_an_image_becomes_words():
    assert words(markdown_html("![a *chart*](http://a.example/x.png)")) == "[image: a chart — http://a.example/x.png]"
    assert words(markdown_html("![](x.png)")) == "[image: no description — x.png]"


def test_a_long_text_is_cut_with_a_note():
    assert "(5,000 more characters)" in markdown_html("x" * 25_000)
    assert "(90 more characters)" in markdown_html("y" * 100, limit=10)


@pytest.mark.parametrize(
    "text",
    [
        *(
            bit * (20_000 // len(bit))
            for bit in ("[", "> ", "*a ", "`", "- ", "![", "<", "|", "\\", "&#x3c;", "~", "[a](", "_")
        ),
        "(" * 20_000 + ")" * 9,
        "a|" * 99 + "\n" + "-|" * 99 + "\n" + "b|" * 9_000,
    ],
)
@pytest.mark.timeout(20)
def test_no_text_makes_the_reader_of_markdown_work_for_long(text: str):
    assert wrong(markdown_html(text)) == []


@pytest.mark.parametrize("package", ["nh3", "markdown_it"])
def test_without_its_packages_the_text_is_shown_as_it_is(package: str, monkeypatch: pytest.MonkeyPatch):
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == package:
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    from loomlab.display.markdown import _parser

    _render.cache_clear()
    _parser.cache_clear()
    assert markdown_html("**a** <script>") == "<pre>**a** &lt;script&gt;</pre>"
    _render.cache_clear()
    _parser.cache_clear()
