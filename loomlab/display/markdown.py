"""A model's Markdown as safe HTML: nothing runs, nothing is fetched, every link shows where it leads."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from loomlab.display.clean import LINK_REL, SCHEMES, preformatted, sanitise_answer
from loomlab.display.text import clip, escape, plain

MAX_CHARS = 20_000
"""Longer texts are cut before they are read, with a visible note."""

_SHOWN_URL = 100


def markdown_html(text: str, *, limit: int = MAX_CHARS) -> str:
    """``text`` (Markdown, untrusted) as HTML from a short allow-list.

    HTML in the text is shown as text. An image becomes ``[image: alt — address]`` and is never fetched. Headings become
    bold paragraphs, so that an answer cannot rearrange the outline of the notebook around it. Without the packages
    markdown-it-py and nh3 the text is shown as it is.
    """
    return _render(clip(plain(text), limit))


@lru_cache(maxsize=64)
def _render(text: str) -> str:
    try:
        return sanitise_answer(_parser().render(text)).strip()
    except ImportError:
        return preformatted(text)
    except Exception:  # a fault in the reader of Markdown must not lose the answer
        return preformatted(text)


@cache
def _parser() -> Any:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20})
    parser.enable(["table", "strikethrough"])
    for name, rule in _RULES.items():
        parser.add_render_rule(name, rule)
    return parser


def _image(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    alt = " ".join(self.renderInlineAsText(token.children or [], options, env).split()) or "no description"
    return f"[image: {escape(clip(alt, 200))} — {escape(_shown(str(token.attrs.get('src', ''))))}]"


def _link_open(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    address = str(tokens[index].attrs.get("href", ""))
    opened = address.split(":", 1)[0].lower() in SCHEMES
    inside = "".join(str(token.content) for token in _until_close(tokens, index))
    shown = "" if inside.strip() in (address, address.removeprefix("mailto:")) else address
    env.setdefault("links", []).append((opened, shown))
    return f'<a href="{escape(address)}" rel="{LINK_REL}">' if opened else ""


def _link_close(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    opened, shown = env["links"].pop() if env.get("links") else (False, "")
    target = f' <span class="u">({escape(_shown(shown))})</span>' if shown else ""
    return ("</a>" if opened else "") + target


def _heading_open(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    return "<p><strong>"


def _heading_close(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    return "</strong></p>\n"


def _fence(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    return f"<pre><code>{escape(tokens[index].content)}</code></pre>\n"


def _until_close(tokens: Sequence[Any], index: int) -> Sequence[Any]:
    for end in range(index + 1, len(tokens)):
        if tokens[end].type == "link_close":
            return tokens[index + 1 : end]
    return tokens[index + 1 :]


def _shown(address: str) -> str:
    return address if len(address) <= _SHOWN_URL else f"{address[:_SHOWN_URL]}…"


_RULES = {
    "image": _image,
    "link_open": _link_open,
    "link_close": _link_close,
    "heading_open": _heading_open,
    "heading_close": _heading_close,
    "fence": _fence,
    "code_block": _fence,
}
