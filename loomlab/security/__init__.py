"""What may say no: policies, hooks, a person; and the signed record of what was done. Open ``permissions.py`` first."""

from loomlab.core import AuditLog
from loomlab.security.approval import ask_approval
from loomlab.security.audit import InMemoryAuditLog, verify_signature
from loomlab.security.file_audit import FileAuditLog
from loomlab.security.hooks import EventHook, HookFailure, HookRegistry, PostToolHook, PreToolHook
from loomlab.security.permissions import AllowAll, Mode, PerUserPermissions, StandardPermissions
from loomlab.security.sandbox import NoSandbox
from loomlab.security.secrets import DictSecrets, EnvSecrets

__all__ = [
    "AllowAll",
    "AuditLog",
    "DictSecrets",
    "EnvSecrets",
    "EventHook",
    "FileAuditLog",
    "HookFailure",
    "HookRegistry",
    "InMemoryAuditLog",
    "Mode",
    "NoSandbox",
    "PerUserPermissions",
    "PostToolHook",
    "PreToolHook",
    "StandardPermissions",
    "ask_approval",
    "verify_signature",
]
