"""Whether something is known against what is locked: asked of OSV, an open database of vulnerabilities.

Its API: google.github.io/osv.dev, "POST /v1/querybatch". Not to have been answered is no good news: that is an error.
"""

from collections.abc import Sequence

import httpx

from .sbom import Locked

SERVICE = "https://api.osv.dev"
TIMEOUT = 30.0


class NotAnswered(RuntimeError):
    """The database was not reached, or did not answer as documented: nothing is known."""


def advisories(packages: Sequence[Locked], service: str = SERVICE) -> dict[Locked, list[str]]:
    """The ids of the advisories against each package that has any. Raises NotAnswered."""
    asked = {"queries": [{"package": {"purl": each.purl}} for each in packages]}
    try:
        answer = httpx.post(f"{service}/v1/querybatch", json=asked, timeout=TIMEOUT)
        answer.raise_for_status()
        results = answer.json()["results"]
        ids = [[each["id"] for each in result.get("vulns", ())] for result in results]
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAnswered(
            f"{service} was not reached, or did not answer as documented ({type(error).__name__}: {error}): nothing is "
            "known about the locked requirements. Try again where the network allows it, or name another with --service"
        ) from None
    if len(ids) != len(packages):
        raise NotAnswered(f"{service} answered for {len(ids)} of {len(packages)} packages: nothing is known then")
    return {package: found for package, found in zip(packages, ids, strict=True) if found}
