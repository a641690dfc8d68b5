"""Keeps credentials out of the log, whoever puts them there."""

import re
from collections.abc import Mapping
from typing import Any

from structlog.typing import EventDict

REDACTED = "[redacted]"

_SECRET_KEY = re.compile(r"(authorization|secret|token|password|passphrase|cookie|apikey|privatekey)$")
_CREDENTIAL = re.compile(r"\b(?:(bearer|basic)\s+[\w.~+/=-]{8,}|eyJ[\w-]+\.[\w-]+\.[\w-]*)", re.IGNORECASE)
_USER_OF_URL = re.compile(r"://[^\s/@:]*:[^\s/@]+@")
_DEPTH = 8


def redact(_: Any, __: str, event: EventDict) -> EventDict:
    """A structlog processor: values under telling keys go, and so do bearer tokens and JWTs within texts."""
    return {key: _clean(key, value, _DEPTH) for key, value in event.items()}


def redact_text(text: str) -> str:
    """The text without credentials as they stand in an Authorization header or in a URL, and without JWTs."""
    text = _USER_OF_URL.sub(f"://{REDACTED}@", text)
    return _CREDENTIAL.sub(lambda found: f"{found[1]} {REDACTED}" if found[1] else REDACTED, text)


def _clean(key: object, value: Any, depth: int) -> Any:
    if _is_secret(key):
        return REDACTED
    if isinstance(value, str):
        return redact_text(value)
    if not isinstance(value, Mapping | list | tuple):
        return value
    if depth == 0:
        return "..."
    if isinstance(value, Mapping):
        return {inner: _clean(inner, item, depth - 1) for inner, item in value.items()}
    return [_clean(None, item, depth - 1) for item in value]


def _is_secret(key: object) -> bool:
    return isinstance(key, str) and bool(_SECRET_KEY.search(re.sub(r"[^a-z]", "", key.lower())))
