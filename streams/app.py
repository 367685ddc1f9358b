"""The Faust app of a worker: four agents on one broker. Nothing happens at import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faust
from prometheus_client import CollectorRegistry

from detectors.intake import Intake
from detectors.model import Watch
from streams.agents.commands import CommandAgent
from streams.agents.ingest import IngestAgent
from streams.agents.monitor import MonitorAgent
from streams.agents.notify import NotifyAgent
from streams.batching import Transport, batch_scheduler
from streams.health import HealthServer
from streams.metrics import Metrics
from streams.models import load_judge
from streams.notifiers import notifiers_for
from streams.playbooks import load_playbook
from streams.runtime import Runtime
from streams.settings import Settings

__all__ = ["create_app"]

SESSION_TIMEOUT_S = 6.0
"""Kafka refuses less."""
PRODUCER_TIMEOUT_S = 1200.0
"""A worker cut off from its broker keeps what it has to send for so long."""


def create_app(settings: Settings, watch: Watch, counts: dict[str, int], *, datadir: Path) -> Runtime:
    """A worker, ready to be started. `counts` maps our topics to their partitions (`topics.ensure_topics`).

    `datadir` is a folder that Faust makes at start; nothing of ours lies in it.
    """
    inputs = {settings.topic(agent.topic) for agent in (IngestAgent, CommandAgent, MonitorAgent, NotifyAgent)}
    app = faust.App(
        settings.app_id,
        broker=[f"kafka://{server.strip()}" for server in settings.brokers.split(",")],
        store="memory://",
        topic_partitions=settings.partitions,
        topic_replication_factor=settings.replication,
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=SESSION_TIMEOUT_S,
        broker_heartbeat_interval=1.0,
        broker_commit_interval=0.5,
        producer_request_timeout=PRODUCER_TIMEOUT_S,
        producer_linger=0,
        ConsumerScheduler=batch_scheduler(inputs),
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
        worker_redirect_stdouts=False,
        datadir=datadir,
    )
    app.transport = Transport(app.conf.broker_consumer, app)
    runtime = Runtime(app, settings, watch, Metrics(CollectorRegistry()), counts)
    IngestAgent(runtime, Intake(watch, load_judge(settings.negativity_dir), pseudonym_key=settings.author_key))
    CommandAgent(runtime)
    MonitorAgent(runtime)
    NotifyAgent(runtime, notifiers_for(watch, load_playbook(settings.playbook_dir), console_url=settings.console_url))
    app.service(HealthServer.bound_to(runtime))
    _follow_rebalances(runtime)
    return runtime


def _follow_rebalances(runtime: Runtime) -> None:
    """Agents wait from the moment partitions are taken away until the tables hold what was last written."""

    def on_revoked(*_: Any, **__: Any) -> None:
        runtime.recovered.clear()
        runtime.health.ready = False

    def on_complete(*_: Any, **__: Any) -> None:
        runtime.recovered.set()
        runtime.health.ready = runtime.failure is None

    runtime.app.on_partitions_revoked.connect(on_revoked, weak=False)
    runtime.app.on_rebalance_complete.connect(on_complete, weak=False)
