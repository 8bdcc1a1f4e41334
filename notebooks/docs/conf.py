"""The documentation: the tutorials as they are stored, short guides, and the reference out of the docstrings.

``python3 dev.py docs`` builds it. The source folder is ``notebooks/``, this folder is only how it is built.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import loomlab  # noqa: E402 - after the path, as what is documented is the loomlab of this checkout

project = "loomlab"
author = "the loomlab developers"
copyright = "the loomlab developers, Apache-2.0"
version = release = loomlab.__version__

root_doc = "index"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton", "reference"]
exclude_patterns = ["**/.ipynb_checkpoints", "**/.loomlab", "**/.virtual_documents", "data/**", "docs/static/**"]
nitpicky = True
suppress_warnings = ["mystnb.unknown_mime_type"]  # a live figure lies beside the still one that is shown

# ---------------------------------------------------------------------------------------------- notebooks and guides

nb_execution_mode = "off"  # they are stored executed, and `dev.py notebooks` says when what is stored is no longer so
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # the static face of an output is shown: nothing is fetched
nb_merge_streams = True
# Of each output the face that needs no script, although a live one may be stored beside it.
nb_mime_priority_overrides = [
    ("html", "text/html", 0),
    ("html", "image/svg+xml", 1),
    ("html", "text/markdown", 2),
    ("html", "text/plain", 3),
    ("html", "application/vnd.jupyter.widget-view+json", 90),
    ("html", "application/javascript", 91),
]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
myst_heading_slug_func = "reference.anchor"

# ---------------------------------------------------------------------------------------------- reference

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
add_module_names = False
python_maximum_signature_line_length = 100
napoleon_numpy_docstring = False
napoleon_use_rtype = False

# ---------------------------------------------------------------------------------------------- pages

html_theme = "furo"
html_title = f"loomlab {version}"
html_static_path = ["static"]
html_css_files = ["loomlab.css"]
html_js_files = [("theme.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}
copybutton_exclude = ".linenos, .gp, .go"
pygments_style = "friendly"
pygments_dark_style = "github-dark"
