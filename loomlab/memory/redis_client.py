"""Connections to Redis: a client of the caller, or one of our own for each event loop; errors in words."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from anyio.lowlevel import RunVar

from loomlab.core.errors import ConfigError, MemoryStoreError
from loomlab.memory.store_errors import needs, store_error

T = TypeVar("T")

_PATIENCE = 10.0
"""Seconds that a question waits for a free connection, or for the server to answer."""

_GONE = "is the server running, and is the address right? What comes later is stored once it is back"


def driver() -> Any:
    """The asyncio half of the package redis."""
    try:
        import redis.asyncio
    except ImportError as error:
        raise needs("redis", "Redis", "redis") from error
    return redis


class RedisClient:
    """Runs small functions over a client. With ``url`` each event loop gets a client of its own, as they need."""

    def __init__(self, client: Any = None, *, url: str | None = None) -> None:
        self._redis = driver()
        self._given = client
        self._url = url
        self._own: RunVar[Any] = RunVar("client", None)
        if client is not None and client.get_encoder().decode_responses:
            raise ConfigError(
                "memory in Redis needs a client that returns bytes, as vectors are no text: "
                "make it without decode_responses=True"
            )
        if url is not None:
            self._make()  # a malformed address is said now, not at the first question

    async def run(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """The result of ``await work(client)``."""
        client = self._given
        if client is None and (client := self._own.get()) is None:
            client = self._make()
            self._own.set(client)
        try:
            return await work(client)
        except (self._redis.RedisError, OSError, RuntimeError, ValueError) as error:
            raise self._explained(error) from error

    async def ping(self) -> None:
        """Nothing, if the server can be reached."""
        await self.run(lambda client: client.ping())

    async def aclose(self) -> None:
        """Close the client that was made for this event loop; a client of the caller stays open."""
        client = self._own.get()
        if client is not None:
            self._own.set(None)
            await client.aclose()

    def _make(self) -> Any:
        asynchronous = self._redis.asyncio
        try:
            pool = asynchronous.BlockingConnectionPool.from_url(
                self._url, timeout=_PATIENCE, socket_connect_timeout=_PATIENCE, socket_timeout=_PATIENCE
            )
        except ValueError as error:
            raise ConfigError(f"memory in Redis: {error}; for example redis://localhost:6379/0") from error
        return asynchronous.Redis.from_pool(pool)

    def _explained(self, error: Exception) -> MemoryStoreError:
        errors = self._redis.exceptions
        what = str(error) or type(error).__name__
        if isinstance(error, errors.AuthenticationError) or "WRONGPASS" in what or "NOAUTH" in what:
            remedy = "check the user name and the password in the address"
        elif isinstance(error, errors.NoPermissionError):
            remedy = "allow this user the commands and keys of loomlab (ACL SETUSER)"
        elif "No connection available" in what or isinstance(error, errors.MaxConnectionsError):
            what, remedy = "all connections of the pool are busy", "raise max_connections in the address, or do less"
        elif isinstance(error, errors.ReadOnlyError):
            remedy = "this server is a replica: give the address of the one that may be written"
        elif isinstance(error, errors.OutOfMemoryError) or what.startswith("OOM"):
            remedy = "raise maxmemory of the server; what was stored before is intact"
        elif "MISCONF" in what:
            remedy = "the server can't save to its disk: free some space there"
        elif isinstance(error, RuntimeError):
            remedy = "make the client in the event loop that uses it, or give the address instead"
        elif isinstance(error, (errors.ConnectionError, errors.TimeoutError, OSError)):
            remedy = _GONE
        else:
            remedy = "look at the server's log"
        return store_error("Redis", self._url or "", what, remedy)
