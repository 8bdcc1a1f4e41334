"""Tables and statements of a journal in PostgreSQL."""

from loomlab.runtime.journal.store import Kind

TABLE: dict[Kind, str] = {"step": "journal_steps", "stream": "journal_streams"}

_ENTRIES = """CREATE TABLE IF NOT EXISTS {table} (
    session_id text NOT NULL, user_key text NOT NULL, epoch integer NOT NULL, step_name text NOT NULL,
    seq integer NOT NULL, value text, created_at double precision NOT NULL,
    PRIMARY KEY (session_id, user_key, epoch, step_name))"""

STATEMENTS = (
    *(_ENTRIES.format(table=table) for table in TABLE.values()),
    """CREATE TABLE IF NOT EXISTS journal_epochs (
    session_id text NOT NULL, user_key text NOT NULL, epoch integer NOT NULL, digest text NOT NULL,
    origin text NOT NULL, prompt text NOT NULL, done boolean NOT NULL, started_at double precision NOT NULL,
    PRIMARY KEY (session_id, user_key, epoch))""",
    # Tables of an earlier make. Looked for first, as changing a table waits for everybody who uses it.
    """DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = 'journal_epochs'::regclass AND attname = 'prompt') THEN
        ALTER TABLE journal_epochs ADD COLUMN IF NOT EXISTS prompt text NOT NULL DEFAULT '""';
    END IF;
    END $$""",
    """CREATE TABLE IF NOT EXISTS journal_runs (
    run_id text PRIMARY KEY, session_id text NOT NULL, user_key text NOT NULL, epoch integer NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS journal_leases (
    session_id text NOT NULL, user_key text NOT NULL, owner text NOT NULL, since double precision NOT NULL,
    expires double precision NOT NULL, PRIMARY KEY (session_id, user_key))""",
)

AGAIN = (
    "ON CONFLICT (session_id, user_key, epoch, step_name) DO UPDATE "
    "SET seq = excluded.seq, value = excluded.value, created_at = excluded.created_at"
)
WRITE: dict[Kind, str] = {
    kind: f"INSERT INTO {table} SELECT $1::text, $2::text, $3::int, $4::text, $5::int, $6::text, $7::float8 "
    f"WHERE EXISTS (SELECT 1 FROM journal_leases WHERE session_id = $1 AND user_key = $2 AND owner = $8) {AGAIN}"
    for kind, table in TABLE.items()
}
_LAST = "SELECT coalesce(max(seq), 0) FROM {table} WHERE session_id = $1 AND user_key = $2 AND epoch = $3"
PUT: dict[Kind, str] = {
    kind: f"INSERT INTO {table} SELECT $1::text, $2::text, $3::int, $4::text, 1 + greatest("
    + ", ".join(f"({_LAST.format(table=one)})" for one in TABLE.values())
    + f"), $5::text, $6::float8 {AGAIN}"
    for kind, table in TABLE.items()
}
ROWS = (
    " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, step_name, seq, value, created_at FROM {table} "
        "WHERE session_id = $1 AND user_key = $2 AND epoch = $3"
        for kind, table in TABLE.items()
    )
    + " ORDER BY seq"
)
EPOCH = (
    "INSERT INTO journal_epochs AS e (session_id, user_key, epoch, digest, origin, prompt, done, started_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, false, $7) "
    "ON CONFLICT (session_id, user_key, epoch) DO UPDATE SET done = false RETURNING e.origin"
)
