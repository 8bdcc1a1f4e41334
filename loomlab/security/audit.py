"""A signed record of who did what, and the check that a line of it was not changed."""

import hashlib
import hmac
import json
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from loomlab.core import AuditEntry
from loomlab.core.messages import utc_now
from loomlab.core.redact import redact_data

if TYPE_CHECKING:
    from loomlab.security.audit_report import AuditReport


class InMemoryAuditLog:
    """An audit log that lives as long as the process. Entries are numbered from 1 and signed with ``secret``.

    Payloads are stored as JSON-ready copies with keys and passwords masked. Any thread may append.
    """

    def __init__(self, *, secret: str = "") -> None:
        self._secret = secret
        self._entries: list[AuditEntry] = []
        self._lock = threading.Lock()

    async def append(
        self, *, session_id: str, actor: str, action: str, payload: Mapping[str, Any], user_id: str | None = None
    ) -> AuditEntry:
        """Write one entry and return it, signed."""
        with self._lock:
            entry = signed(
                len(self._entries) + 1,
                self._secret,
                session_id=session_id,
                actor=actor,
                action=action,
                payload=payload,
                user_id=user_id,
                previous=self._entries[-1].signature if self._entries else "",
            )
            self._entries.append(entry)
        return entry

    async def query(
        self, *, session_id: str | None = None, action: str | None = None, user_id: str | None = None
    ) -> list[AuditEntry]:
        """Entries that match every given field, oldest first."""
        return [
            entry
            for entry in self._entries
            if session_id in (None, entry.session_id)
            and action in (None, entry.action)
            and user_id in (None, entry.user_id)
        ]

    async def all_entries(self) -> list[AuditEntry]:
        """Every entry, oldest first."""
        return list(self._entries)

    async def verify(self) -> "AuditReport":
        """Whether every entry is as it was signed, and none was taken away or moved."""
        from loomlab.security.audit_report import Line, examined

        return examined([Line(entry, number) for number, entry in enumerate(self._entries, 1)], self._secret)


def signed(
    seq: int,
    secret: str,
    *,
    session_id: str,
    actor: str,
    action: str,
    payload: Mapping[str, Any],
    user_id: str | None,
    previous: str = "",
) -> AuditEntry:
    """A new entry with its signature; the payload as a JSON-ready copy, keys and passwords masked."""
    plain = redact_data(to_jsonable_python(dict(payload), fallback=str, inf_nan_mode="strings", bytes_mode="base64"))
    entry = AuditEntry(
        seq=seq,
        timestamp=utc_now(),
        session_id=session_id,
        user_id=user_id,
        actor=actor,
        action=action,
        payload=plain,
        previous=previous,
    )
    return entry.model_copy(update={"signature": sign(entry, secret)})


def sign(entry: AuditEntry, secret: str) -> str:
    """HMAC-SHA256 (hex) over the canonical JSON of every field but the signature; an empty ``previous`` is left out."""
    fields = entry.model_dump(mode="json", exclude={"signature"} if entry.previous else {"signature", "previous"})
    return mac(fields, secret)


def mac(fields: Mapping[str, Any], secret: str) -> str:
    """HMAC-SHA256 (hex) over the canonical JSON of ``fields``."""
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.new(secret.encode(), canonical.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def verify_signature(entry: AuditEntry, secret: str) -> bool:
    """Whether ``entry`` is as it was signed with ``secret``; False on any change of any field."""
    return hmac.compare_digest(entry.signature.encode(), sign(entry, secret).encode())
