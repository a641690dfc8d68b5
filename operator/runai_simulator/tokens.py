"""Access tokens: real JWTs (HS256) whose `exp` a client can read, which expire and can be revoked."""

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

HEADER = {"alg": "HS256", "typ": "JWT"}


class Tokens:
    """Issues and checks the access tokens of one simulator."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._generation = 0

    def issue(self, *, subject: str, tenant: int, now: float, lifetime: int) -> str:
        claims = {
            "iss": "runai-simulator",
            "sub": subject,
            "tenant": tenant,
            "iat": int(now),
            "exp": int(now) + lifetime,
            "generation": self._generation,
            "jti": secrets.token_hex(8),
        }
        signed = f"{_encode(HEADER)}.{_encode(claims)}"
        return f"{signed}.{self._signature(signed)}"

    def revoke_all(self) -> None:
        """No token issued until now is good any longer."""
        self._generation += 1

    def problem(self, authorization: str | None, now: float) -> str | None:
        """Why this Authorization header opens nothing; None when it does."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return "a bearer token is required"
        claims = self._claims(token)
        if claims is None:
            return "the token is not one of ours"
        if claims["generation"] != self._generation:
            return "the token was revoked"
        if claims["exp"] <= now:
            return "the token has expired"
        return None

    def _claims(self, token: str) -> dict[str, Any] | None:
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return None
        claims: dict[str, Any] = json.loads(_decode(signed.partition(".")[2]))
        return claims

    def _signature(self, signed: str) -> str:
        return _base64url(hmac.new(self._key, signed.encode(), hashlib.sha256).digest())


def _encode(value: Any) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
