"""Run:ai's error document, {code, message, details}, as an exception that any handler may raise."""

from typing import Any


class ApiError(Exception):
    """Ends a request with `code` and an error document."""

    def __init__(self, code: int, message: str, details: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def document(self) -> dict[str, Any]:
        return error_document(self.code, self.message, self.details)


class OAuthError(Exception):
    """Ends a token request with OAuth2's own error document, as the contract says for /api/v2/token."""

    def __init__(self, code: int, error: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.error = error
        self.description = description

    def document(self) -> dict[str, Any]:
        return {"error": self.error, "error_description": self.description}


def error_document(code: int, message: str, details: str | None = None) -> dict[str, Any]:
    document: dict[str, Any] = {"code": code, "message": message}
    return document if details is None else document | {"details": details}


def bad_request(message: str, details: str | None = None) -> ApiError:
    return ApiError(400, message, details)


def not_found(what: str, name: str) -> ApiError:
    return ApiError(404, f"{what} {name} was not found")
