"""What a person may set in ``jupyter_server_config.py`` or on the command line."""

from traitlets import Bool, Dict, Unicode
from traitlets.config import Configurable


class LoomlabServer(Configurable):
    """The loomlab panels of JupyterLab."""

    home = Unicode(
        "", help="The folder of the run log. Empty: $LOOMLAB_HOME, else .loomlab in the server's root folder."
    ).tag(config=True)
    memories = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help="Memories to look into: a name, and what memory= of an agent's config takes ('sqlite:memory.db').",
    ).tag(config=True)
    datasets = Unicode(
        "", help="The folder of datasets that runs become cases of. Empty: datasets in the server's root folder."
    ).tag(config=True)
    share_home = Bool(
        True, help="Have the kernels of this server write to the same run log, unless $LOOMLAB_HOME is set."
    ).tag(config=True)
