"""One call: what is sent, what came back, and what that means. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from .conceal import quotable, short
from .errors import (
    Ambiguous,
    Conflict,
    Forbidden,
    NotFound,
    Rejected,
    Retryable,
    RunaiError,
    Throttled,
    Unavailable,
    Unreadable,
)

IS_IT_RUNAI = "Is spec.url of the connection the URL of a Run:ai control plane, with no proxy or login page before it?"
IS_IT_UP = "Can spec.url of the connection be reached from here?"
LONGEST_WAIT = 300.0
"""No Retry-After counts for more seconds: a mistaken one must not silence a connection for days."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request. `route` is the path with its placeholders, for metrics; `writes` says that it changes something."""

    method: str
    route: str
    path: str
    query: str = ""
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    writes: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end; `secrets` were sent for it, and are not quoted from it."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    def without(self, secret: str) -> "Reply":
        """The same reply, of which errors must not quote a secret that was sent."""
        return replace(self, secrets=(*self.secrets, secret))


def judge(call: Call, reply: Reply) -> RunaiError | None:
    """The error that a reply amounts to; None for one that succeeded, whose body is yet to be read."""
    if reply.succeeded:
        return None
    return _decided_by_status(call, reply) or _decided_by_document(call, reply)


def parse(call: Call, reply: Reply, model: type[Model]) -> Model:
    """The body of a reply. Raises Unreadable, or for a write Ambiguous, when it does not have the model's shape."""
    try:
        return model.model_validate_json(reply.body)
    except ValidationError as error:
        reason = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors()[:3])
    raise distrusted(call, reply, f"{described(reply)} that does not have the documented shape ({short(reason)})")


def expect_acknowledgement(call: Call, reply: Reply) -> None:
    """Raises Ambiguous when a 2xx is not Run:ai's: neither a JSON object, nor a 202 or 204 without a body."""
    if reply.body.strip() == b"":
        if reply.status not in (202, 204):
            raise distrusted(call, reply, described(reply))
    elif _object(reply.body) is None:
        raise distrusted(call, reply, described(reply))


def lost(call: Call, what: str, *, sent: bool, status: int | None = None) -> RunaiError:
    """The error for a call without a whole answer: Ambiguous for a write that may have been sent."""
    if call.writes and sent:
        told = f"{call}: {what}. It may have been carried out nevertheless; this is looked up before it is tried again."
        return Ambiguous(told, status=status, method=call.method, path=call.path)
    return Unavailable(f"{call}: {what}. {IS_IT_UP}", status=status, method=call.method, path=call.path)


def withheld(call: Call, why: str) -> RunaiError:
    """The error for a write that this process may not send."""
    return Unavailable(f"{call} was not sent: {why}", method=call.method, path=call.path)


def distrusted(call: Call, reply: Reply, what: str) -> RunaiError:
    """The error for an answer that is not Run:ai's: Ambiguous for a write."""
    kind: type[Retryable] = Ambiguous if call.writes else Unreadable
    told = f"{call} was answered with {what}. {IS_IT_RUNAI}"
    return kind(told, status=reply.status, method=call.method, path=call.path, retry_after=retry_after(reply))


def described(reply: Reply) -> str:
    """What a reply is, for a person: its status, and of what kind its body is."""
    media = reply.headers.get("content-type", "").split(";")[0].strip().lower()
    if 300 <= reply.status < 400:
        return f"{reply.status}, a redirect (redirects are not followed)"
    if not reply.body.strip():
        return f"{reply.status} and an empty body"
    if "html" in media or reply.body.lstrip()[:1] == b"<":
        return f"{reply.status} and an HTML page"
    if _object(reply.body) is None:
        return f"{reply.status} and a body that is no JSON object"
    return f"{reply.status} and JSON"


def retry_after(reply: Reply, *, now: datetime | None = None) -> float | None:
    """Seconds to wait, from Retry-After in either of its forms (RFC 9110, 10.2.3); at most LONGEST_WAIT."""
    value = reply.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # of a year of eleven digits
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - (now or datetime.now(UTC))).total_seconds()), LONGEST_WAIT)


@dataclass(frozen=True)
class ErrorDocument:
    """Run:ai's error document: schema Error of the OpenAPI document."""

    message: str
    details: str | None


def error_document(reply: Reply) -> ErrorDocument | None:
    """Run:ai's error document, as it may be quoted; None where the body is something else."""
    found = _object(reply.body)
    if found is None:
        return None
    code, message, details = found.get("code"), found.get("message"), found.get("details")
    if not isinstance(code, int) or isinstance(code, bool) or not isinstance(message, str):
        return None
    told = quotable(details, reply.secrets) if isinstance(details, str) and details else None
    return ErrorDocument(quotable(message, reply.secrets), told)


def _decided_by_status(call: Call, reply: Reply) -> RunaiError | None:
    """The answers that mean the same whoever gave them: a gateway that answers so did not pass the request on."""
    match reply.status:
        case 401:
            mend = "Check clientId and clientSecret in the Secret of the connection."
            return _refused(Forbidden, call, reply, mend)
        case 407:
            return lost(call, "the proxy of the environment asks for other credentials (407)", sent=False, status=407)
        case 413:
            mend = "The manifest is larger than the control plane, or a proxy before it, takes."
            return _refused(Rejected, call, reply, mend)
        case 429:
            return _failed(Throttled, call, reply)
    return None


def _decided_by_document(call: Call, reply: Reply) -> RunaiError:
    if reply.status >= 500 or reply.status == 408:
        return _failed(_failure_of(call, reply), call, reply)
    if reply.status < 400 or error_document(reply) is None:
        return distrusted(call, reply, described(reply))
    match reply.status:
        case 403:
            return _refused(Forbidden, call, reply, "Check the roles of the connection's application in Run:ai.")
        case 404:
            return _refused(NotFound, call, reply)
        case 409:
            return _refused(Conflict, call, reply)
    return _refused(Rejected, call, reply)


def _failure_of(call: Call, reply: Reply) -> type[Retryable]:
    """What a 5xx is: a write may have been carried out all the same."""
    if call.writes:
        return Ambiguous
    return Unavailable if retry_after(reply) is None else Throttled


def _refused(kind: type[RunaiError], call: Call, reply: Reply, mend: str = "") -> RunaiError:
    said, details = _said(call, reply)
    told = f"{said}. {mend}" if mend else said
    return kind(told, status=reply.status, method=call.method, path=call.path, details=details)


def _failed(kind: type[Retryable], call: Call, reply: Reply) -> RunaiError:
    said, details = _said(call, reply)
    wait = retry_after(reply)
    return kind(said, status=reply.status, method=call.method, path=call.path, details=details, retry_after=wait)


def _said(call: Call, reply: Reply) -> tuple[str, str | None]:
    """What was answered, in Run:ai's own words where they are its own, and its details."""
    document = error_document(reply)
    if document is None:
        return f"{call} was answered with {described(reply)}", None
    details = f" ({document.details})" if document.details else ""
    return f"{call} was answered with {reply.status}: {document.message}{details}", document.details


def _object(body: bytes) -> dict[str, object] | None:
    try:
        found = json.loads(body.decode())  # JSON between systems is UTF-8 (RFC 8259, 8.1)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
