"""What went wrong with a query, in one sentence that names the nearest table or column."""

import re

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.runlog.schema import TABLES

_TABLE = re.compile(r'Table with name "?(.+?)"? does not exist')
_COLUMN = re.compile(r'(?:Referenced column|column named|column) "([^"]+)"(?: not found| was not found|\n|$)')
_FUNCTION = re.compile(r"(?:Scalar |Table |Aggregate )?Function with name (\S+) does not exist")
_PARAMETER = re.compile(r"Values were not provided for the following parameters: (.+)")
_SUGGESTION = re.compile(r'(?:Did you mean|Candidate bindings:) "([^"]+)"')


def explained(error: Exception, query: str) -> ConfigError:
    """The engine's error about ``query`` as ours."""
    message = str(error)
    if found := _TABLE.search(message):
        return ConfigError(f"the run log has no table {found[1]!r}; {did_you_mean(found[1], TABLES)}")
    if found := _COLUMN.search(message):
        return ConfigError(f"no column {found[1]!r} here; {_nearest_column(found[1], query, message)}")
    if found := _FUNCTION.search(message):
        hint = _SUGGESTION.search(message)
        return ConfigError(f"SQL has no function {found[1]!r}" + (f"; did you mean {hint[1]!r}?" if hint else ""))
    if found := _PARAMETER.search(message):
        name = found[1].split(",")[0].strip()
        example = f"[value, …] for {name} question marks" if name.isdigit() else f"{{{name!r}: value}}"
        return ConfigError(
            f"the query asks for a parameter without a value ({found[1].strip()}); pass params={example}"
        )
    if "file system operations are disabled" in message or "disabled through configuration" in message:
        return ConfigError("a query reads the run log only, no other file; load that one with pandas and join there")
    if "read-only mode" in message:
        return ConfigError("the run log is only read by queries: SELECT …")
    first = message.split("\n\nLINE ")[0].strip().replace("\n", " ")
    return ConfigError(f"the query failed: {re.sub(r'^[A-Z][A-Za-z ]* Error: ', '', first)}")


def _nearest_column(given: str, query: str, message: str) -> str:
    words = set(re.findall(r"\w+", query.lower()))
    asked = [table for name, table in TABLES.items() if name in words] or list(TABLES.values())
    columns = {column.name for table in asked for column in table.columns}
    hint = _SUGGESTION.search(message)
    near = did_you_mean(given, columns)
    return f"did you mean {hint[1]!r}?" if hint and not near.startswith("did you mean") else near
