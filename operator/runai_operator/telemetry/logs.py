"""Logging: JSON lines in a cluster, colours at a terminal, and every library through the same pipe."""

import logging
import sys
from enum import StrEnum
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from .redact import redact


class LogFormat(StrEnum):
    """How a log line looks; `auto` is `console` at a terminal, and `json` elsewhere."""

    AUTO = "auto"
    JSON = "json"
    CONSOLE = "console"


LEVELS = {
    "kopf.objects": logging.WARNING,  # Kopf tells every handler's success; what happened is told by us
    "kopf._core.reactor.running": logging.ERROR,  # it warns that signals are not its own: they are ours
    "aiohttp.access": logging.WARNING,
    "uvicorn.access": logging.WARNING,
    "httpx": logging.WARNING,
    "asyncio": logging.WARNING,
}
"""The least that these libraries must have to say, whatever the level of the rest."""

bind = structlog.contextvars.bound_contextvars
"""`with bind(resource="ns/name", workload_id="..."):` names both on every line logged within, by any library."""

get_logger = structlog.stdlib.get_logger


def configure_logging(
    log_format: LogFormat | str = LogFormat.AUTO, level: str = "info", stream: TextIO | None = None
) -> None:
    """Sends structlog and the standard library's logging, alike, to `stream` (standard error).

    Raises ValueError for an unknown format or level. May be called again; the last call counts.
    """
    stream = stream or sys.stderr
    colours = stream.isatty()
    as_json = _is_json(LogFormat(log_format), terminal=colours)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(_json() if as_json else _console(colours=colours)))
    _route(handler, level)


def _is_json(log_format: LogFormat, *, terminal: bool) -> bool:
    return not terminal if log_format is LogFormat.AUTO else log_format is LogFormat.JSON


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _formatter(renderer: list[Processor]) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_shared(), _name_kopfs_resource],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            redact,
            *renderer,
        ],
    )


def _json() -> list[Processor]:
    return [structlog.processors.EventRenamer("message"), structlog.processors.JSONRenderer(default=str)]


def _console(*, colours: bool) -> list[Processor]:
    # plain tracebacks: the prettier ones print local variables, credentials among them
    return [
        _escape_controls,
        structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback),
    ]


def _escape_controls(_: Any, __: str, event: EventDict) -> EventDict:
    """What users write stands in messages: it may neither begin a line of its own nor speak to the terminal."""
    kept = "\n\t"  # a traceback has lines
    return {key: _printable(value, kept if key == "exception" else "") for key, value in event.items()}


def _printable(value: Any, kept: str) -> Any:
    if not isinstance(value, str):
        return value
    return "".join(each if each.isprintable() or each in kept else repr(each)[1:-1] for each in value)


def _route(handler: logging.Handler, level: str) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(logging.NOTSET)
    for name, least in LEVELS.items():
        logging.getLogger(name).setLevel(max(least, root.level))


def _name_kopfs_resource(_: Any, __: str, event: EventDict) -> EventDict:
    """Kopf's loggers for objects carry a reference to theirs (`k8s_ref`)."""
    reference = getattr(event.get("_record"), "k8s_ref", None)
    if isinstance(reference, dict) and "name" in reference:
        event.setdefault("resource", "/".join(filter(None, (reference.get("namespace"), reference["name"]))))
    return event
