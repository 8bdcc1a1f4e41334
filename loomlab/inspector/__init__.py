"""One user's memory as a person looks into it, whatever shows it: asked, looked at from two instants, erased from.

Open ``inspector.py`` first: what can be done. ``reading.py`` says what a memory is asked for; how it all looks is in
``display.memory``. The notebook and the server both stand on this room.
"""

from loomlab.inspector.inspector import Inspector
from loomlab.inspector.reading import EVER, census, known_users, opened, require_known

__all__ = ["EVER", "Inspector", "census", "known_users", "opened", "require_known"]
