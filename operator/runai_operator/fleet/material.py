"""What a connection is built from besides its spec: credentials and certificates, by name, from one namespace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from runai_operator.api.connection import RunaiConnectionSpec
from runai_operator.api.reasons import Reason
from runai_operator.runai.errors import Unavailable
from runai_operator.runai.tokens import Credentials
from runai_operator.sync.ports import Problem


class Vault(Protocol):
    """Where credentials and certificates are kept: the operator's own namespace, by name."""

    async def secret(self, name: str) -> Mapping[str, str] | None:
        """The decoded data of a Secret; None when there is none."""

    async def config_map(self, name: str) -> Mapping[str, str] | None:
        """The data of a ConfigMap; None when there is none."""


@dataclass(frozen=True)
class Material:
    """`lack` says what could not be read, where what was read before stands in for it."""

    credentials: Credentials
    ca_bundle: str | None
    lack: str = ""


async def read_material(vault: Vault, spec: RunaiConnectionSpec, *, before: Material | None) -> Material:
    """What the spec refers to. What is missing was there `before`, or else is a Problem."""
    lacks: list[str] = []
    try:
        credentials = await read_credentials(vault, spec)
    except Problem as problem:
        if before is None:
            raise
        credentials = before.credentials
        lacks.append(f"{problem.message}; until then the credentials of before stay in use")
    try:
        ca_bundle = await _ca_bundle(vault, spec)
    except Problem as problem:
        if before is None or before.ca_bundle is None:
            raise
        ca_bundle = before.ca_bundle
        lacks.append(f"{problem.message}; until then the certificates of before stay in use")
    return Material(credentials, ca_bundle, "; ".join(lacks))


async def read_credentials(vault: Vault, spec: RunaiConnectionSpec) -> Credentials:
    """Raises Problem: no Secret, or not what belongs into it."""
    name = spec.credentials_secret_ref.name
    data = await vault.secret(name)
    if data is None:
        message = (
            f"spec.credentialsSecretRef.name: there is no Secret {name} in the operator's own namespace: create it "
            "with the keys clientId and clientSecret"
        )
        raise Problem(Reason.SECRET_NOT_FOUND, message)
    missing = [key for key in ("clientId", "clientSecret") if not data.get(key)]
    if missing:
        message = f"spec.credentialsSecretRef.name: the Secret {name} lacks the key {' and '.join(missing)}: add it"
        raise Problem(Reason.SECRET_KEY_MISSING, message)
    return Credentials(data["clientId"].strip(), data["clientSecret"].strip())


async def credentials_now(vault: Vault, spec: RunaiConnectionSpec) -> Credentials:
    """For the client, in whose terms a missing Secret is a connection that cannot be used."""
    try:
        return await read_credentials(vault, spec)
    except Problem as problem:
        raise Unavailable(problem.message) from None
    except Exception as error:  # of the API server: it passes, and the token that is held still serves
        raise Unavailable(f"the Secret with the credentials cannot be read: {type(error).__name__}") from error


async def _ca_bundle(vault: Vault, spec: RunaiConnectionSpec) -> str | None:
    ref = spec.ca_bundle_ref
    if ref is None:
        return None
    read = vault.secret if ref.kind == "Secret" else vault.config_map
    text = (await read(ref.name) or {}).get(ref.key)
    if not text:
        message = (
            f"spec.caBundleRef: there is no {ref.kind} {ref.name} with the key {ref.key} in the operator's own "
            "namespace: create it, with PEM certificates under that key"
        )
        raise Problem(Reason.CA_BUNDLE_NOT_FOUND, message)
    return text
