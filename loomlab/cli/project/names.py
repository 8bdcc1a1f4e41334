"""What a project may be called: one folder here, on every system, readable as it is written."""

import unicodedata

from loomlab.core.errors import ConfigError

_LONGEST = 80
"""Bytes: file systems take 255, and the folder's path has to fit too."""
_RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³"
}
_REFUSED = set('/\\<>:"|?*')
_TRY = "try: loomlab new my-agents"


def checked_name(given: str) -> str:
    """The name, composed (NFC). Raises ConfigError for one that is no plain name of a folder, here or elsewhere."""
    name = unicodedata.normalize("NFC", given)
    if not name.strip():
        raise ConfigError(f"a project needs a name; {_TRY}")
    if name in (".", "..") or any(one in name for one in "/\\"):
        raise ConfigError(
            f"{given!r} is a path, not a name: the project is made here; cd to where it shall be, or give --in FOLDER"
        )
    if found := next((one for one in name if one in _REFUSED), None):
        raise ConfigError(f"the name {given!r} has a {found}, which not every system takes in a name; {_TRY}")
    if any(unicodedata.category(one)[0] == "C" or unicodedata.category(one) in ("Zl", "Zp") for one in name):
        raise ConfigError(f"the name {given!r} has a character that can't be seen; {_TRY}")
    if name[0] in ".-~ " or name[-1] in ". ":
        raise ConfigError(f"the name {given!r} begins or ends with a sign that hides it, or that shells read; {_TRY}")
    if name.partition(".")[0].casefold().strip() in _RESERVED:
        raise ConfigError(f"the name {given!r} means a device on Windows; {_TRY}")
    if len(name.encode()) > _LONGEST:
        raise ConfigError(f"the name is {len(name.encode())} bytes long, and {_LONGEST} are the most; {_TRY}")
    return name
