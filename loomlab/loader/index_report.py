"""What indexing did, file by file."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """After each file: how many are done, of how many, which it was, and what became of it.

    ``outcome`` is added, changed, unchanged or failed; ``chunks`` how many new ones there are.
    """

    done: int
    total: int
    source: str
    outcome: str
    chunks: int


@dataclass(frozen=True, slots=True)
class IndexFailure:
    """A file that was not read, and why. ``kept``: what an earlier version said is still in the store."""

    source: str
    reason: str
    kept: bool = False


@dataclass(slots=True)
class IndexReport:
    """Which files are new in the store, changed, unchanged, gone, not readable, and passed over."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: list[IndexFailure] = field(default_factory=list)
    skipped: list[IndexFailure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    chunk_counts: list[int] = field(default_factory=list)

    @property
    def chunks(self) -> int:
        """How many chunks went into the store."""
        return sum(self.chunk_counts)

    def __str__(self) -> str:
        counts = {
            "added": len(self.added),
            "changed": len(self.changed),
            "unchanged": len(self.unchanged),
            "removed": len(self.removed),
            "failed": len(self.failed),
            "skipped": len(self.skipped),
        }
        head = ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "no files"
        lines = [f"{head}; {self.chunks} new chunks"]
        lines += [f"  failed   {one.source}: {one.reason}{_kept(one)}" for one in self.failed]
        lines += [f"  warning  {one}" for one in self.warnings]
        return "\n".join(lines)


def _kept(one: IndexFailure) -> str:
    return " (its earlier version stays)" if one.kept else ""
