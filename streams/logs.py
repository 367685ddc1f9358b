"""Logging: one line for each event that matters, for people or as JSON. Never a post's text, never a secret."""

from __future__ import annotations

import logging
import sys

import structlog

from streams.settings import Settings

__all__ = ["configure_logging"]

QUIET = ("faust", "mode", "aiokafka", "kafka", "asyncio", "apprise")
"""Libraries that log what they carry, texts and secrets too, when they are let: only their errors are heard."""


def configure_logging(settings: Settings) -> None:
    """Send everything to stderr; of the libraries only errors, at any level."""
    level = logging.getLevelName(settings.log_level.upper())
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=20)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    form = "%(asctime)s %(levelname)s %(name)s %(message)s"
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format=form)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
