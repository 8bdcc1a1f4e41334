"""``loomlab fetch``: what is too big to install."""

from loomlab.cli.say import complain
from loomlab.core.nearest import did_you_mean
from loomlab.memory import embedder_files
from loomlab.model import local_weights

_KNOWN = ("local", "embedder")


def run(what: str) -> int:
    """Fetch the weights of the local model or of the local embedder, once; say where they lie."""
    if what not in _KNOWN:
        return complain(f"there is nothing called {what!r} to fetch; {did_you_mean(what, _KNOWN)}")
    if what == "embedder":
        print(f"the local embedder's weights are at {embedder_files.fetch()[0].parent}")
    else:
        print(f"the local model's weights are at {local_weights.fetch()}")
    return 0
