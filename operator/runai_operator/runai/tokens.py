"""The access token: fetched once however many wait for it, renewed ahead of its expiry and after a 401."""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from .calls import IS_IT_RUNAI, Call, Reply, described, error_document, lost, parse, retry_after
from .conceal import quotable
from .errors import Forbidden, OtherTenant, RunaiError, Throttled, Unavailable, Unreadable
from .models import Token
from .wire import Wire

LONGEST_MARGIN = 60.0
SHARE_MARGIN = 0.1
UNTOLD_LIFETIME = 300.0
HOLD_REFUSED, HOLD_FAILED = 5.0, 1.0
LONGEST_TOKEN = 16 * 2**10
"""Characters. What is longer no server takes in a header, and each request would fail for it."""


@dataclass(frozen=True)
class Credentials:
    """An application of Run:ai: its client id and secret. The repr hides the secret."""

    client_id: str
    client_secret: str = field(repr=False)


CredentialsSource = Callable[[], Awaitable[Credentials]]
Prove = Callable[[str], Awaitable[None]]
"""Looks at what a token opens, before anything else is sent with it. Raises where that must not be used."""


async def _no_proof(_: str) -> None:
    return None


@dataclass(frozen=True)
class _Held:
    """A token and, on the monotonic clock, from when on it is renewed and until when it is valid."""

    token: str = field(repr=False)
    renew_at: float
    expires_at: float


@dataclass(frozen=True)
class _Failure:
    """Why there is no token, and until when nobody asks again."""

    error: Exception
    until: float


class Tokens:
    """The token of one connection. Credentials are asked of their source anew at each refresh.

    Other credentials than before are proven first, by `prove` with their token; those that were (`proven`: by an
    earlier client) stay in use as long as the source has none that can be used, unless it has another tenant's.

    A failed refresh fails all who wait for it, and those who come within the next second (five when Run:ai refused
    the credentials): it is not asked once per caller.
    """

    def __init__(
        self,
        wire: Wire,
        source: CredentialsSource,
        *,
        prove: Prove = _no_proof,
        proven: Credentials | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._wire = wire
        self._source = source
        self._prove = prove
        self._clock = clock
        self._wall = wall
        self._held: _Held | None = None
        self._failure: _Failure | None = None
        self._refreshing: asyncio.Task[_Held | _Failure] | None = None
        self._endpoints = (_v2, _v1)
        self.proven = proven
        self.login = 0
        self.unusable: Exception | None = None

    async def token(self) -> str:
        """A token to send. Raises Forbidden, Throttled, Unavailable, Unreadable, or what the source raises."""
        held, now = self._held, self._clock()
        if held is not None and now < held.renew_at:
            return held.token
        outcome = self._recent_failure(now) or await self._refreshed()
        if isinstance(outcome, _Held):
            return outcome.token
        if held is not None and held is self._held and self._clock() < held.expires_at:
            return held.token
        raise outcome.error.with_traceback(None)

    async def renew(self) -> None:
        """Asks for another token, and for the credentials of now; what is held serves until then. Raises as `token`,
        also where the credentials of before go on serving."""
        outcome = await self._refreshed()
        error = outcome.error if isinstance(outcome, _Failure) else self.unusable
        if error is not None:
            raise error.with_traceback(None)

    def refuse(self, token: str) -> None:
        """Forget a token that was answered with 401, unless it was replaced since."""
        if self._held is not None and self._held.token == token:
            self._held = None

    async def aclose(self) -> None:
        """Ends a refresh that is under way."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)

    def _recent_failure(self, now: float) -> _Failure | None:
        return self._failure if self._failure is not None and now < self._failure.until else None

    async def _refreshed(self) -> _Held | _Failure:
        """The outcome of the refresh under way. A caller who is cancelled does not end it for the others."""
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._refresh(), name="runai token refresh")
        try:
            return await asyncio.shield(self._refreshing)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if caller is None or caller.cancelling():
                raise
            return _Failure(Unavailable("the client of this control plane was closed"), self._clock())

    async def _refresh(self) -> _Held | _Failure:
        try:
            self._held = await self._renewed()
        except Exception as error:
            self._failure = _Failure(error, self._clock() + _hold(error))
            return self._failure
        self._failure = None
        return self._held

    async def _renewed(self) -> _Held:
        credentials: Credentials | None = None
        try:
            credentials = await self._source()
            held = await self._of(credentials)
        except OtherTenant:
            raise
        except Exception as error:
            self.unusable = error
            if self.proven is None or credentials == self.proven:
                raise
            return await self._of_before(self.proven, error)
        self.unusable = None
        return held

    async def _of(self, credentials: Credentials) -> _Held:
        held = await self._fetch(credentials)
        if credentials != self.proven:
            await self._prove(held.token)
            self.proven, self.login = credentials, self.login + 1
        return held

    async def _of_before(self, proven: Credentials, error: Exception) -> _Held:
        """What the source has cannot be used; where what it had cannot either, the first says what to mend."""
        try:
            return await self._fetch(proven)
        except RunaiError:
            raise error from None

    async def _fetch(self, credentials: Credentials) -> _Held:
        """Asks the endpoint that worked last, then the other one where that does not exist."""
        first, second = self._endpoints
        call, asked = first(credentials), self._clock()
        reply = await self._wire.send(call, {})
        if reply.status in (404, 405):
            call, asked = second(credentials), self._clock()
            reply = await self._wire.send(call, {})
            if reply.succeeded:
                self._endpoints = (second, first)
        if not reply.succeeded:
            raise _refusal(call, reply, credentials.client_secret)
        return self._hold_on_to(_readable(call, reply), asked)

    def _hold_on_to(self, answer: Token, asked: float) -> _Held:
        token = answer.access_token.get_secret_value()
        lifetime = lifetime_of(token, answer.expires_in, self._wall())
        margin = min(LONGEST_MARGIN, lifetime * SHARE_MARGIN)
        return _Held(token, asked + lifetime - margin, asked + lifetime)


def lifetime_of(token: str, expires_in: float | None, wall: float) -> float:
    """Seconds for which a token is valid: by expires_in or by the `exp` of a JWT, whichever is earlier.

    An `exp` in the past on a token just received means that our clock is wrong: then `exp - iat` counts.
    """
    claims = _claims(token)
    expiry, issued = _number(claims.get("exp")), _number(claims.get("iat"))
    told = [] if expires_in is None else [expires_in]
    if expiry is not None and expiry > wall:
        told.append(expiry - wall)
    elif expiry is not None and issued is not None:
        told.append(expiry - issued)
    lifetime = min(told, default=UNTOLD_LIFETIME)
    return lifetime if lifetime > 0 else UNTOLD_LIFETIME


def _claims(token: str) -> dict[str, object]:
    """The claims of a JWT, unverified: only its expiry is read. Empty for any other token."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:  # more digits than a float can tell
        return None


def _v2(credentials: Credentials) -> Call:
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
    }
    return _call("/api/v2/token", urlencode(form).encode(), "application/x-www-form-urlencoded")


def _v1(credentials: Credentials) -> Call:
    document = {
        "grantType": "client_credentials",
        "clientID": credentials.client_id,
        "clientSecret": credentials.client_secret,
    }
    return _call("/api/v1/token", json.dumps(document).encode(), "application/json")


def _call(path: str, body: bytes, content_type: str) -> Call:
    return Call(method="POST", route=path, path=path, body=body, content_type=content_type)


def _readable(call: Call, reply: Reply) -> Token:
    answer = parse(call, reply, Token)
    token = answer.access_token.get_secret_value()
    if not 0 < len(token) <= LONGEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        told = f"{call} was answered with {reply.status} and no usable access token. {IS_IT_RUNAI}"
        raise Unreadable(told, status=reply.status, method=call.method, path=call.path)
    return answer


def _refusal(call: Call, reply: Reply, secret: str) -> RunaiError:
    """Why there is no token: never Ambiguous, for the call that it was meant for was not sent."""
    status, method, path = reply.status, call.method, call.path
    said = f"{call} was answered with {status}{_told(reply.without(secret))}"
    if status in (400, 401, 403):
        mend = "Run:ai gives no token for these credentials: check clientId and clientSecret in the Secret."
        return Forbidden(f"{said}. {mend}", status=status, method=method, path=path)
    if status == 429:
        return Throttled(said, status=status, method=method, path=path, retry_after=retry_after(reply))
    if status >= 500:
        return Unavailable(said, status=status, method=method, path=path, retry_after=retry_after(reply))
    if status in (407, 408):
        return lost(call, described(reply), sent=False, status=status)
    told = f"{call} was answered with {described(reply)}. {IS_IT_RUNAI}"
    return Unreadable(told, status=status, method=method, path=path)


def _told(reply: Reply) -> str:
    """What the token endpoint says: Run:ai's error document, or OAuth 2's (RFC 6749, 5.2)."""
    if document := error_document(reply):
        text = document.message
    else:
        try:
            found = json.loads(reply.body)
        except (ValueError, RecursionError):
            return ""
        texts = [found.get("error"), found.get("error_description")] if isinstance(found, dict) else []
        text = quotable(", ".join(text for text in texts if isinstance(text, str)), reply.secrets)
    return f": {text}" if text else ""


def _hold(error: Exception) -> float:
    if isinstance(error, Forbidden):
        return HOLD_REFUSED
    wait = getattr(error, "retry_after", None)
    return HOLD_FAILED if wait is None else max(HOLD_FAILED, wait)
