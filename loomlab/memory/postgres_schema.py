"""The table of memory in PostgreSQL, and which type its vectors have."""

from typing import Any

TABLE = "loomlab_memory"
"""One table holds every namespace, kind and user; each question names all three, and an index begins with them."""

MARKS = "loomlab_memory_marks"
"""Per user, how often others wrote and erased: whoever keeps an index of a user knows by it when to look again."""

REAL = "real[]"
"""The type of vectors where pgvector is not to be had; they are ranked in this process then."""

_LOCK = 0x6C6F6F6D6C6162
_FIND = """
SELECT format('%I.vector', n.nspname), format('OPERATOR(%I.<=>)', n.nspname), format('%I.vector_dims', n.nspname)
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'
"""
_COLUMN = """
SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
WHERE a.attrelid = to_regclass($1) AND a.attname = 'vector' AND NOT a.attisdropped AND to_regclass($2) IS NOT NULL
"""


def statements(vector_type: str = "vector") -> list[str]:
    """The SQL that makes the table; every statement may run again. ``at`` is in microseconds since 1970."""
    return [
        f"CREATE TABLE IF NOT EXISTS {TABLE} ("
        "namespace text NOT NULL, kind text NOT NULL, owner text NOT NULL, id text NOT NULL, "
        "at bigint NOT NULL, seq bigint NOT NULL, topic text NOT NULL, label text NOT NULL, "
        f"names text NOT NULL, item text NOT NULL, vector {vector_type}, "
        "PRIMARY KEY (namespace, kind, owner, id))",
        f"CREATE INDEX IF NOT EXISTS {TABLE}_by_time ON {TABLE} (namespace, kind, owner, at, seq)",
        f"CREATE INDEX IF NOT EXISTS {TABLE}_by_topic ON {TABLE} (namespace, kind, owner, topic, label)",
        f"CREATE TABLE IF NOT EXISTS {MARKS} (namespace text NOT NULL, owner text NOT NULL, "
        "writes bigint NOT NULL, erasures bigint NOT NULL, PRIMARY KEY (namespace, owner))",
    ]


async def create(connection: Any) -> None:
    """Make the table: with pgvector where this server has it and this role may use it, else with arrays."""
    async with connection.transaction():
        # Two programs that start at once would otherwise trip over each other's half-made table.
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        if not await connection.fetch(_FIND):
            available = await connection.fetchval("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'")
            allowed = await connection.fetchval("SELECT has_database_privilege(current_database(), 'CREATE')")
            if available and allowed:
                await _try_extension(connection)
        found = await connection.fetch(_FIND)
        for statement in statements(found[0][0] if found else REAL):
            await connection.execute(statement)


async def _try_extension(connection: Any) -> None:
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except Exception:
        # Only some roles may; without the extension the vectors are arrays.
        await transaction.rollback()
    else:
        await transaction.commit()


async def vector_type(connection: Any) -> tuple[str, str, str] | None:
    """The type of the vectors and, with pgvector, its cosine operator and its function of dimensions, all quoted.

    None where there is no table.
    """
    column = await connection.fetchval(_COLUMN, TABLE, MARKS)
    if column is None:
        return None
    found = await connection.fetch(_FIND)
    if column == REAL or not found:
        return REAL, "", ""
    return found[0][0], found[0][1], found[0][2]
