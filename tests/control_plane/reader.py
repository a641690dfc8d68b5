"""Requests over a connection that is kept: what waits for something looks often, and kubectl costs a process."""

import http.client
import ssl
import time

from .credentials import Credentials
from .kubectl import KubectlFailed

PATIENCE, SOON = 30.0, 0.2


class Reader:
    """Asks one API server, as its administrator. Not to be shared between threads."""

    def __init__(self, port: int, credentials: Credentials) -> None:
        self._port = port
        self._credentials = credentials
        self._connection: http.client.HTTPSConnection | None = None

    def __call__(self, path: str) -> bytes:
        """What is at a path, such as /api/v1/namespaces/default.

        Raises KubectlFailed, as kubectl would, for any other answer than 200; OSError or HTTPException where there is
        none.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            status, body = self.ask("GET", path)
            if status != http.client.TOO_MANY_REQUESTS or time.monotonic() > deadline:
                break
            time.sleep(SOON)  # kubectl asks again too: the API server is not ready to tell, as after a CRD came back
        if status != http.client.OK:
            raise KubectlFailed(("get", "--raw", path), body.decode(errors="replace"))
        return body

    def ask(
        self, method: str, path: str, body: bytes | None = None, content_type: str = "application/json"
    ) -> tuple[int, bytes]:
        """Status and body of the answer, whatever they are. Sent once more where the kept connection had ended
        meanwhile: that shows only when it is used."""
        kept, content = self._connection, (body, content_type)
        try:
            return self._once(method, path, *content)
        except (http.client.HTTPException, OSError):
            self._connection = None
            if kept is None:
                raise
            kept.close()
        return self._once(method, path, *content)

    def _once(self, method: str, path: str, body: bytes | None, content_type: str) -> tuple[int, bytes]:
        connection = self._connection = self._connection or self._connect()
        headers = {
            "Authorization": f"Bearer {self._credentials.token}",
            "User-Agent": "kubectl, or what stands for it in tests",  # who counts the operator's requests leaves it out
            "Content-Type": content_type,
        }
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def _connect(self) -> http.client.HTTPSConnection:
        """With the certificate, which the API server makes when it first starts."""
        context = ssl.create_default_context(cafile=self._credentials.certificate)
        return http.client.HTTPSConnection("127.0.0.1", self._port, timeout=PATIENCE, context=context)
