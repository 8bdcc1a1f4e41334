"""What may stand in a face, written down a second time, and a reader that says what else it found."""

from html.parser import HTMLParser

TAGS = {
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "details",
    "div",
    "em",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "span",
    "strong",
    "summary",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
    "svg",
    "rect",
    "line",
    "path",
    "circle",
    "text",
    "title",
    "g",
}
PAGE_TAGS = TAGS | {"html", "head", "meta", "title", "body", "main", "h1", "style"}
ATTRIBUTES = {
    "class",
    "scope",
    "colspan",
    "open",
    "dir",
    "role",
    "aria-live",
    "aria-label",
    "href",
    "tabindex",
    "rel",
    "start",
    "width",
    "height",
    "viewbox",
    "x",
    "y",
    "rx",
    "x1",
    "x2",
    "y1",
    "y2",
    "cx",
    "cy",
    "r",
    "fill",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "text-anchor",
    "d",
}
BLOCKS = {"br", "details", "div", "li", "p", "pre", "summary", "td", "th"}
VOID = {"br", "hr", "meta"}


class Found(HTMLParser):
    """Everything in a face that should not be there, and whether its elements are closed in order."""

    def __init__(self, html: str, *, page: bool = False) -> None:
        super().__init__(convert_charrefs=True)
        self.tags = PAGE_TAGS if page else TAGS
        self.page = page
        self.wrong: list[str] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        self.wrong += [f"never closed: {tag}" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.tags:
            self.wrong.append(f"element {tag}")
        if tag not in VOID:
            self.open.append(tag)
        if tag in BLOCKS:
            self.text.append(" ")
        for name, value in attrs:
            if self.page and tag in ("html", "meta"):
                continue
            if name not in ATTRIBUTES:
                self.wrong.append(f"attribute {tag}.{name}")
            if name == "href" and not (value or "").lower().startswith(("http://", "https://", "mailto:")):
                self.wrong.append(f"link to {value!r}")
            if name == "href" and dict(attrs).get("rel") != "noopener noreferrer nofollow":
                self.wrong.append("a link without its rel")
            if name == "class" and value and set(value.split()) & {"jp-Cell"}:
                self.wrong.append(f"class {value}")

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if tag in BLOCKS:
            self.text.append(" ")
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"out of order: {tag}")

    def handle_comment(self, data: str) -> None:
        self.wrong.append("comment")

    def handle_pi(self, data: str) -> None:
        self.wrong.append("processing instruction")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append("declaration")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def without_style(html: str) -> str:
    """A face without the style element in front of it."""
    if not html.startswith("<style>"):
        return html
    return html[html.index("</style>") + len("</style>") :]


def wrong(html: str, *, page: bool = False) -> list[str]:
    """What should not be there. One style element in front is ours."""
    return Found(html if page else without_style(html), page=page).wrong


def words(html: str) -> str:
    """The text of a face."""
    return " ".join("".join(Found(without_style(html)).text).split())
