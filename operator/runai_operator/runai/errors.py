"""What a call to Run:ai can end in.

RunaiError
├── Refused              the request arrived; asking again the same way is pointless
│   ├── Rejected         400, 413, 422 and the like: the request must change
│   ├── Forbidden        401, 403, no token: a matter of the connection, not of the workload
│   ├── OtherTenant      the credentials, or what was answered, are of another tenant than before
│   ├── NotFound         404, told by Run:ai itself
│   └── Conflict         409: the name is taken, maybe by ourselves
└── Retryable
    ├── Throttled        429, or Retry-After on a read
    ├── Unavailable      nothing was changed: never sent, or a read without an answer
    ├── Unreadable       answered, but not as Run:ai answers: a redirect, HTML, an empty body, another shape
    └── Ambiguous        a write that may have been sent and has no trustworthy answer: it may have been committed
"""


class RunaiError(Exception):
    """A call that did not do what it was asked.

    `message` is one sentence or two for a person: the URL path, what happened, what to check. It never
    holds a secret. `status` is the HTTP status, None where there was no answer; `details` what Run:ai's error
    document says beside its message.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        method: str = "",
        path: str = "",
        details: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.method = method
        self.path = path
        self.details = details


class Refused(RunaiError):
    """The request arrived and was refused; the same request will be refused again."""


class Rejected(Refused):
    """The request is not valid to Run:ai: what is asked for must change."""


class Forbidden(Refused):
    """The credentials are wrong, or allow too little."""


class OtherTenant(Refused):
    """Run:ai shows another tenant than the connection's: nothing that it says is about our workloads."""


class NotFound(Refused):
    """Run:ai itself says that there is no such object."""


class Conflict(Refused):
    """The name is taken."""


class Retryable(RunaiError):
    """The same request may succeed later. `retry_after` is in seconds, None where Run:ai did not say."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        method: str = "",
        path: str = "",
        details: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, status=status, method=method, path=path, details=details)
        self.retry_after = retry_after


class Throttled(Retryable):
    """Run:ai asks for fewer requests; this one was not processed."""


class Unavailable(Retryable):
    """Run:ai could not be reached, or did not answer a read. Nothing was changed."""


class Unreadable(Retryable):
    """Something answered, but not as Run:ai does. Nothing can be concluded from it."""


class Ambiguous(Retryable):
    """A write that may or may not have been committed. Look before doing it again."""
