"""``loomlab fetch``: what is too big to install."""

from loomlab.cli.say import complain
from loomlab.core.nearest import did_you_mean
from loomlab.model import local_weights

_KNOWN = ("local",)


def run(what: str) -> int:
    """Fetch the weights of the local model, once, with a progress bar; say where they lie."""
    if what not in _KNOWN:
        return complain(f"there is nothing called {what!r} to fetch; {did_you_mean(what, _KNOWN)}")
    print(f"the local model's weights are at {local_weights.fetch()}")
    return 0
