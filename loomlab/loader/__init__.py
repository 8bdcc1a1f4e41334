"""Documents on their way in: files to Markdown, Markdown to chunks, chunks into a store.

Open ``load.py`` first, then ``chunking.py``, then ``indexing.py``. ``spans.py`` is how every chunker cuts,
``places.py`` how a chunk knows its page, ``problems.py`` what keeps a hostile file out.
"""

from loomlab.core.documents import Chunk, Document
from loomlab.loader.cells import safe_for_spreadsheets, write_csv
from loomlab.loader.chunking import chunk
from loomlab.loader.citing import Passage, cite, passage
from loomlab.loader.delimited import load_csv, load_tsv
from loomlab.loader.excel import load_excel
from loomlab.loader.html import load_html
from loomlab.loader.index_report import IndexFailure, IndexProgress, IndexReport
from loomlab.loader.indexing import index
from loomlab.loader.load import load
from loomlab.loader.markdown import MarkdownChunker
from loomlab.loader.pdf import load_pdf
from loomlab.loader.pieces import Chunker
from loomlab.loader.problems import DocumentError
from loomlab.loader.recursive import RecursiveChunker
from loomlab.loader.sentence import SentenceChunker
from loomlab.loader.text import load_markdown, load_text
from loomlab.loader.tokens import TokenChunker
from loomlab.loader.word import load_docx

__all__ = [
    "Chunk",
    "Chunker",
    "Document",
    "DocumentError",
    "IndexFailure",
    "IndexProgress",
    "IndexReport",
    "MarkdownChunker",
    "Passage",
    "RecursiveChunker",
    "SentenceChunker",
    "TokenChunker",
    "chunk",
    "cite",
    "index",
    "load",
    "load_csv",
    "load_docx",
    "load_excel",
    "load_html",
    "load_markdown",
    "load_pdf",
    "load_text",
    "load_tsv",
    "passage",
    "safe_for_spreadsheets",
    "write_csv",
]
