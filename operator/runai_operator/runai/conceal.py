"""What may be quoted of an answer: nothing of one that repeats a secret that was sent, however it writes it."""

import base64
import html
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote, unquote_plus

from runai_operator.telemetry import redact_text

LONGEST_TEXT = 1000
CONCEALED = "[not quoted, for it repeats a credential]"
_LONGEST_ESCAPE = 12
_ROUNDS = 3
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)


def quotable(text: str, secrets: Iterable[str]) -> str:
    """The text, without what looks like a token, cut to a bearable length.

    Looked through before it is cut: half a secret would not be recognised.
    """
    if any(repeats(text[: LONGEST_TEXT + _LONGEST_ESCAPE * len(secret)], secret) for secret in secrets if secret):
        return CONCEALED
    return short(redact_text(text))


def short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def repeats(text: str, secret: str) -> bool:
    """Whether a text holds the secret: as it is, in base64, or escaped for URLs, HTML or JSON, up to three times."""
    if any(form in text for form in _in_base64(secret)):
        return True
    readings = {text}
    for _ in range(_ROUNDS):
        readings |= {decode(reading) for reading in readings for decode in _DECODERS}
    return any(secret in reading for reading in readings)


def _unescaped(text: str) -> str:
    """Without the backslashes of a JSON string; what is escaped as two surrogates is one character."""
    escaped = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)
    return escaped.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_DECODERS: tuple[Callable[[str], str], ...] = (unquote, unquote_plus, html.unescape, _unescaped)


def _in_base64(secret: str) -> Iterator[str]:
    """How base64 shows the secret wherever it begins in what was encoded, without the ends that its neighbours shape.

    A short one shows too little of itself to be told from chance.
    """
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + secret.encode()).decode()
        core = encoded[4 if offset else 0 : -4]
        if len(core) >= 8:
            yield core
            yield core.replace("+", "-").replace("/", "_")
