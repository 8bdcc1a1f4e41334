"""Documents on their way in: files to Markdown, Markdown to chunks. Open ``load.py`` first, then ``chunking.py``."""

from loomlab.core.documents import Chunk, Document
from loomlab.loader.chunking import chunk
from loomlab.loader.markdown import MarkdownChunker
from loomlab.loader.recursive import RecursiveChunker
from loomlab.loader.sentence import SentenceChunker
from loomlab.loader.tokens import TokenChunker

__all__ = [
    "Chunk",
    "Document",
    "MarkdownChunker",
    "RecursiveChunker",
    "SentenceChunker",
    "TokenChunker",
    "chunk",
]
