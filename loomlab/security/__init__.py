"""What may say no: policies, hooks, a person, sandboxes; and the signed record of what was done.

Open ``permissions.py`` first, then ``approval.py``; ``subprocess_sandbox.py`` for tools in processes of their own.
"""

from typing import TYPE_CHECKING

from loomlab.core import AuditLog
from loomlab.core.lazy import lazily as _lazily
from loomlab.security.approval import Approval, ask_approval
from loomlab.security.audit import InMemoryAuditLog, verify_signature
from loomlab.security.file_audit import FileAuditLog
from loomlab.security.hooks import EventHook, HookFailure, HookRegistry, PostToolHook, PreToolHook
from loomlab.security.permissions import AllowAll, Mode, PerUserPermissions, StandardPermissions
from loomlab.security.sandbox import NoSandbox
from loomlab.security.secrets import ChainSecrets, DictSecrets, EnvSecrets

if TYPE_CHECKING:
    from loomlab.security.audit_report import AuditProblem, AuditReport
    from loomlab.security.bubblewrap import BubblewrapSandbox
    from loomlab.security.file_secrets import FileSecrets
    from loomlab.security.filesystem_sandbox import FilesystemSandbox
    from loomlab.security.protections import Protections
    from loomlab.security.subprocess_sandbox import SubprocessSandbox
    from loomlab.security.terminal import terminal_approval

__all__ = [
    "AllowAll",
    "Approval",
    "AuditLog",
    "AuditProblem",
    "AuditReport",
    "BubblewrapSandbox",
    "ChainSecrets",
    "DictSecrets",
    "EnvSecrets",
    "EventHook",
    "FileAuditLog",
    "FileSecrets",
    "FilesystemSandbox",
    "HookFailure",
    "HookRegistry",
    "InMemoryAuditLog",
    "Mode",
    "NoSandbox",
    "PerUserPermissions",
    "PostToolHook",
    "PreToolHook",
    "Protections",
    "StandardPermissions",
    "SubprocessSandbox",
    "ask_approval",
    "terminal_approval",
    "verify_signature",
]

__getattr__ = _lazily(
    __name__,
    {
        "AuditProblem": "audit_report",
        "AuditReport": "audit_report",
        "BubblewrapSandbox": "bubblewrap",
        "FileSecrets": "file_secrets",
        "FilesystemSandbox": "filesystem_sandbox",
        "Protections": "protections",
        "SubprocessSandbox": "subprocess_sandbox",
        "terminal_approval": "terminal",
    },
)
