"""A report as one file: everything inside, no script, and a policy that lets the page load nothing."""

from loomlab.display.clean import sanitise
from loomlab.display.text import escape, preview
from loomlab.display.theme import ROOT_CLASS, style_sheet

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""The content security policy of every page."""

_PAGE_CSS = (
    "html{color-scheme:light dark}body{margin:0;background:#fff}"
    "@media (prefers-color-scheme:dark){body{background:#111417}}"
    "main{max-width:860px;margin:0 auto;padding:24px 16px}"
    ".loom.loom h1{font-size:20px;line-height:1.3;margin:0 0 16px}"
    # On paper: dark on white whatever the screen was, what is folded open, tables whole.
    "@media print{html{color-scheme:light}body{background:#fff}main{max-width:none;padding:0}"
    ".loom.loom{--l-fg:#1c1e21!important;--l-muted:#5b6168!important;--l-bg:#fff!important;--l-rule:#dfe3e7!important}"
    ".loom.loom details::details-content{content-visibility:visible;block-size:auto}"
    ".loom.loom .x{overflow:visible}.loom.loom tr,.loom.loom svg{break-inside:avoid}}"
)


def page(title: str, body_html: str) -> str:
    """A whole HTML document around faces of this room. ``title`` is plain text; ``body_html`` is sanitised again."""
    name = escape(preview(title, 200))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        '<meta name="referrer" content="no-referrer"><meta http-equiv="x-dns-prefetch-control" content="off">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{name}</title><style>{style_sheet(body_html)}{_PAGE_CSS}</style></head>"
        f'<body><main class="{ROOT_CLASS}"><h1>{name}</h1>\n'
        f"{sanitise(_without_styles(body_html))}\n</main></body></html>\n"
    )


def _without_styles(html: str) -> str:
    """Faces bring their style sheet along; one for the page is enough."""
    start = html.find("<style>")
    while start >= 0:
        end = html.find("</style>", start)
        html = html[:start] + (html[end + len("</style>") :] if end >= 0 else "")
        start = html.find("<style>")
    return html
