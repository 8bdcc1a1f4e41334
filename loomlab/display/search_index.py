"""What indexing did: how many files are new, changed, gone or not readable, and why."""

from collections import Counter
from pathlib import PurePosixPath

from loomlab.core.redact import redact
from loomlab.display import format as fmt
from loomlab.display.grid import RIGHT, column, grid
from loomlab.display.text import escape, preview
from loomlab.display.theme import fitting
from loomlab.loader import IndexReport

ROWS = 12
_LONGEST = 2_000


def index_html(report: IndexReport) -> str:
    """The report as a whole output: counts, what needs a look, and the files folded."""
    return fitting(_body(report, most) for most in (200, 50, ROWS))


def index_text(report: IndexReport) -> str:
    """The same as text."""
    lines = [_summary(report)]
    lines += [f"  {mark} {where}: {why}" for mark, _, where, why in _trouble(report)[:ROWS]]
    lines += [f"  {preview(kinds, 110)}" for kinds in [_kinds(report)] if kinds]
    return "\n".join([*lines, *_left(len(_trouble(report)), ROWS)])


def _body(report: IndexReport, most: int) -> str:
    trouble = _trouble(report)
    above = f"<p>{escape(_summary(report))}</p>"
    rows = "".join(
        f'<tr><th scope="row" class="{css}">{mark}</th><td>{escape(where)}</td><td>{escape(why)}</td></tr>'
        for mark, css, where, why in trouble[:most]
    )
    table = grid(column("") + column("file") + column("why"), rows) if rows else ""
    left = "".join(f'<p class="s">{line}</p>' for line in _left(len(trouble), most))
    return f"{above}{table}{left}{_files(report, most)}"


def _files(report: IndexReport, most: int) -> str:
    new = [*((one, "added") for one in report.added), *((one, "changed") for one in report.changed)]
    # Chunks are counted in the order in which files came in, which tells them apart only where all of them are new.
    counts = report.chunk_counts if not report.changed and len(report.chunk_counts) == len(report.added) else []
    found = [*new, *((one, "unchanged") for one in report.unchanged), *((one, "removed") for one in report.removed)]
    if not found:
        return ""
    lines = "".join(
        f'<tr><th scope="row">{escape(_name(where))}</th><td>{state}</td>'
        f"<td{RIGHT}>{fmt.count(counts[at]) if at < len(counts) else '–'}</td></tr>"
        for at, (where, state) in enumerate(found[:most])
    )
    head = column("file") + column("state") + column("chunks", right=True)
    left = "".join(f'<p class="s">{line}</p>' for line in _left(len(found), most))
    summary = escape(f"{fmt.plural(len(found), 'file')} · {_kinds(report)}")
    return f"<details><summary>{summary}</summary>{grid(head, lines)}{left}</details>"


def _summary(report: IndexReport) -> str:
    counts = {name: len(getattr(report, name)) for name in ("added", "changed", "unchanged", "removed", "skipped")}
    said = [f"{count:,} {name}" for name, count in counts.items() if count]
    failed = [f"✕ {len(report.failed):,} failed"] if report.failed else []
    warned = [f"! {fmt.plural(len(report.warnings), 'warning')}"] if report.warnings else []
    return " · ".join([*failed, *said, *warned, f"{fmt.plural(report.chunks, 'new chunk')}"])


def _trouble(report: IndexReport) -> list[tuple[str, str, str, str]]:
    """Mark, class, file and reason of what a person should look at."""
    found = []
    for one in report.failed:
        kept = "; its earlier version stays in the store" if one.kept else ""
        found.append(("✕", "no", _name(one.source), _why(one.reason + kept)))
    found += [("–", "s", _name(one.source), _why(one.reason)) for one in report.skipped]
    return found + [("!", "hm", "", _why(one)) for one in report.warnings]


def _kinds(report: IndexReport) -> str:
    """How many files of which kind."""
    files = [*report.added, *report.changed, *report.unchanged]
    kinds = Counter(PurePosixPath(one).suffix.lstrip(".").lower() or "no suffix" for one in files)
    return ", ".join(f"{count} {preview(kind, 20)}" for kind, count in sorted(kinds.items()))


def _name(where: str) -> str:
    return preview(redact(PurePosixPath(where).name[:_LONGEST]), 80)


def _why(reason: str) -> str:
    return preview(redact(reason[:_LONGEST]), 240)


def _left(count: int, most: int) -> list[str]:
    return [f"… and {fmt.plural(count - most, 'more line')}"] if count > most else []
