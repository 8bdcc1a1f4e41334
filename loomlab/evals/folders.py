"""Where datasets are kept on this machine."""

import os
from pathlib import Path

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean

ENVIRONMENT = "LOOMLAB_DATASETS"


def dataset_folders(near: Path | None = None) -> list[Path]:
    """The ``datasets/`` folders that exist, nearest first.

    Looked for in ``$LOOMLAB_DATASETS``, beside ``near`` and above it, in the working directory and above it, and
    beside the package (a checkout carries them, a wheel does not).
    """
    starts = [*([near, *near.parents] if near else []), Path.cwd(), *Path.cwd().parents]
    folders = [start / "datasets" for start in starts] + [Path(__file__).resolve().parents[2] / "datasets"]
    if chosen := os.environ.get(ENVIRONMENT):
        folders.insert(0, Path(chosen))
    return list(dict.fromkeys(folder for folder in folders if folder.is_dir()))


def known_datasets(near: Path | None = None) -> list[str]:
    """The names of the datasets in these folders, sorted."""
    folders = dataset_folders(near)
    return sorted({child.name for one in folders for child in one.iterdir() if (child / "cases.jsonl").is_file()})


def find_dataset(source: str | Path, near: Path | None = None) -> Path:
    """The file or folder that a name or path means. Raises ConfigError that says where it was looked for."""
    path = Path(source).expanduser()
    for candidate in [path] if path.is_absolute() or near is None else [near / path, path]:
        if candidate.exists() and (candidate.is_file() or (candidate / "cases.jsonl").is_file()):
            return candidate
    if path.suffix in (".jsonl", ".csv") or len(path.parts) > 1:
        raise ConfigError(f"there is no dataset at {path}")
    folders = dataset_folders(near)
    for folder in folders:
        if (folder / path / "cases.jsonl").is_file():
            return folder / path
    if known := known_datasets(near):
        raise ConfigError(f"there is no dataset {path.name!r}; {did_you_mean(path.name, known)}")
    raise ConfigError(
        f"there is no dataset {path.name!r}, and no folder datasets/ here or above: run this inside a checkout of "
        f"loomlab, give a path to a .jsonl or .csv file, or set {ENVIRONMENT} to a folder of datasets"
    )
