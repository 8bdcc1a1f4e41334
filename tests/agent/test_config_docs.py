"""The config of the docs holds every key there is, and is valid."""

import re

from loomlab.agent import config
from loomlab.agent.config.schema import AgentTable


def test_the_example_of_the_docs_has_every_key_and_is_valid() -> None:
    found = re.search(r"```toml\n(.*?)```", config.__doc__ or "", flags=re.DOTALL)
    assert found is not None
    loaded = config.load_text(found[1])
    assert sorted(loaded.table.model_fields_set) == sorted(AgentTable.model_fields)
