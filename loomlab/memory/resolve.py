"""From what a person writes after ``memory=`` to an object that remembers."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.memory.inmemory import InMemoryMemory
from loomlab.memory.lazy import LazyMemory
from loomlab.memory.store_errors import needs, without_password

_FORMS = (
    "'inmemory', 'sqlite:PATH', 'chroma:FOLDER', 'postgres://…', 'redis://…', a mapping with 'backend', or an object"
)
_COMMON = {"backend", "type", "embedder", "with_facts"}
_KEYS: Mapping[str, set[str]] = {
    "inmemory": {"max_users", "user_idle_ttl_seconds"},
    "vector": {"max_episodes"},
    "sqlite": {"path"},
    "chroma": {"path", "persist_directory", "collection_name", "namespace"},
    "postgres": {"url", "dsn", "namespace", "min_size", "max_size"},
    "redis": {"url", "key_prefix", "index_name", "use_vector_index"},
}
_ALIASES = {"postgresql": "postgres", "rediss": "redis"}


def resolve_memory(spec: Any = None) -> Any:
    """The memory that ``spec`` means.

    ==============================================  =====================================================
    None, ``"inmemory"``                            ``InMemoryMemory``: as long as the process
    ``"vector"``                                    ``VectorMemory``: the same, found by meaning
    ``"sqlite:PATH"``, ``"sqlite"``                 ``SqliteMemory`` in a file, or in no file
    ``"chroma:FOLDER"``, ``"chroma"``               ``ChromaMemory`` in a folder, or in the process
    ``"postgres://…"``, ``"redis://…"``             connects when it is first used
    ==============================================  =====================================================

    A mapping names the ``backend`` (or ``type``) and may set ``path`` (or ``persist_directory``), ``url`` (or ``dsn``),
    ``namespace`` (or ``collection_name``), ``key_prefix``, ``use_vector_index``, ``embedder`` (a name or an instance)
    and ``with_facts`` (True unless set). Where no embedder is named, ``default_embedder()`` is used, and none for
    memory in the process. Any other object is returned unchanged. ``ConfigError`` says what is wrong with a spec.
    """
    if spec is None:
        return InMemoryMemory()
    if isinstance(spec, str):
        return _from_mapping(_from_string(spec))
    if isinstance(spec, Mapping):
        return _from_mapping(spec)
    return spec


def _from_string(spec: str) -> dict[str, Any]:
    text = spec.strip()
    if not text:
        raise ConfigError("memory is an empty string; leave it out for a memory in this process")
    scheme, colon, rest = text.partition(":")
    name = scheme.lower()
    if name in ("postgres", "postgresql", "redis", "rediss") and rest.startswith("//"):
        return {"backend": _ALIASES.get(name, name), "url": f"{name}:{rest}"}
    if name in ("sqlite", "chroma") and not rest.startswith("//"):
        if colon and not rest.strip():
            raise ConfigError(f"memory {text!r} has no path after the colon; for example {name}:./memory")
        return {"backend": name, "path": rest.strip()} if colon else {"backend": name}
    if name in ("inmemory", "vector") and not colon:
        return {"backend": name}
    # What follows a scheme may hold a password.
    shown = f"{scheme}:…" if colon else text
    hint = did_you_mean(name, [*_KEYS, *_ALIASES])
    if name in ("sqlite", "chroma"):
        hint = f"write {name}:PATH, without slashes before the path"
    elif name in ("inmemory", "vector"):
        hint = f"write {name!r} alone"
    elif name in (*_KEYS, *_ALIASES):
        hint = f"write {name}://…"
    raise ConfigError(f"unrecognised string spec for memory: {shown!r}; {hint}; memory is {_FORMS}")


def _from_mapping(spec: Mapping[str, Any]) -> Any:
    backend = spec.get("backend", spec.get("type"))
    if not backend:
        raise ConfigError("a memory mapping must include 'backend', for example {'backend': 'inmemory'}")
    name = str(backend).strip().lower()
    name = _ALIASES.get(name, name)
    if name not in _KEYS:
        raise ConfigError(
            f"memory backend {backend!r} is not recognised; {did_you_mean(name, _KEYS)}; memory is {_FORMS}"
        )
    known = _KEYS[name] | _COMMON
    for key in spec:
        if key not in known:
            raise ConfigError(
                f"the mapping for memory {name!r} has an unknown key {key!r}; {did_you_mean(str(key), known)}"
            )
    given = {key: value for key, value in spec.items() if key not in ("backend", "type") and value is not None}
    return _MAKE[name](given)


def _inmemory(given: dict[str, Any]) -> Any:
    if given.pop("with_facts", True) is not True:
        raise ConfigError("memory in this process always keeps facts: leave 'with_facts' out, or give it True")
    if "embedder" in given:
        given["embedder"] = _embedder(given)
    return InMemoryMemory(**given)


def _vector(given: dict[str, Any]) -> Any:
    from loomlab.memory.vector import VectorMemory

    if given.pop("with_facts", True) is not True:
        raise ConfigError("memory in this process always keeps facts: leave 'with_facts' out, or give it True")
    return VectorMemory(embedder=_embedder(given), max_episodes=given.get("max_episodes"))


def _sqlite(given: dict[str, Any]) -> Any:
    from loomlab.memory.sqlite import SqliteMemory

    path = given.get("path", ":memory:")
    return SqliteMemory(path, embedder=_embedder(given), with_facts=given.get("with_facts", True))


def _chroma(given: dict[str, Any]) -> Any:
    from loomlab.memory.chroma import ChromaMemory

    settings: dict[str, Any] = {"embedder": _embedder(given), "with_facts": given.get("with_facts", True)}
    name = _one_of(given, "collection_name", "namespace")
    if name is not None:
        settings["collection_name"] = name
    folder = _one_of(given, "path", "persist_directory")
    return ChromaMemory.ephemeral(**settings) if folder is None else ChromaMemory.local(folder, **settings)


def _postgres(given: dict[str, Any]) -> Any:
    from loomlab.memory.postgres import PostgresMemory

    url = _one_of(given, "url", "dsn")
    if not url:
        raise ConfigError("memory 'postgres' requires 'url', for example postgresql://user:password@host/database")
    _package("asyncpg", "PostgreSQL", "postgres")
    settings: dict[str, Any] = {key: given[key] for key in ("namespace", "min_size", "max_size") if key in given}
    settings |= {"embedder": _embedder(given), "with_facts": given.get("with_facts", True)}

    async def connect() -> Any:
        memory = await PostgresMemory.connect(str(url), **settings)
        await memory.init_schema()
        return memory

    return LazyMemory(connect, description=f"memory in PostgreSQL ({without_password(str(url))})")


def _redis(given: dict[str, Any]) -> Any:
    from loomlab.memory.redis import RedisMemory

    url = str(given.get("url", "redis://localhost:6379/0"))
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise ConfigError("memory 'redis' needs a 'url' that begins with redis://, rediss:// or unix://")
    _package("redis", "Redis", "redis")
    settings: dict[str, Any] = {
        key: given[key] for key in ("key_prefix", "index_name", "use_vector_index") if key in given
    }
    settings |= {"embedder": _embedder(given), "with_facts": given.get("with_facts", True)}

    async def connect() -> Any:
        return await RedisMemory.connect(url, **settings)

    return LazyMemory(connect, description=f"memory in Redis ({without_password(url)})")


_MAKE: Mapping[str, Callable[[dict[str, Any]], Any]] = {
    "inmemory": _inmemory,
    "vector": _vector,
    "sqlite": _sqlite,
    "chroma": _chroma,
    "postgres": _postgres,
    "redis": _redis,
}


def _embedder(given: Mapping[str, Any]) -> Any:
    from loomlab.memory.embedders import resolve_embedder

    return resolve_embedder(given.get("embedder"))


def _one_of(given: Mapping[str, Any], first: str, second: str) -> Any:
    if first in given and second in given:
        raise ConfigError(f"the memory mapping has both {first!r} and {second!r}, which mean the same; give one")
    return given.get(first, given.get(second))


def _package(package: str, backend: str, extra: str) -> None:
    if find_spec(package) is None:
        raise needs(package, backend, extra)
