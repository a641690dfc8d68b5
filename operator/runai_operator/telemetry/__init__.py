"""Metrics, logging and probes: a leaf, imported by all and importing none of the other rooms."""

from .health import Check, Health, Heartbeat, Report, at_most
from .logs import LogFormat, bind, configure_logging, get_logger
from .metrics import Metrics
from .probes import serve_probes
from .redact import REDACTED, redact_text

__all__ = [
    "REDACTED",
    "Check",
    "Health",
    "Heartbeat",
    "LogFormat",
    "Metrics",
    "Report",
    "at_most",
    "bind",
    "configure_logging",
    "get_logger",
    "redact_text",
    "serve_probes",
]
