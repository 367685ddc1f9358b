"""Every Prometheus metric of badbuzz, declared once."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

__all__ = ["Metrics"]


class Metrics:
    """The metrics of one worker, on a registry of its own.

    Labels are bounded: brands are those of the configuration, reasons and results are enums.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.posts = Counter("badbuzz_posts_total", "Posts read", registry=registry)
        self.unmatched = Counter("badbuzz_posts_unmatched_total", "Posts of no watched brand", registry=registry)
        self.future = Counter("badbuzz_posts_future_total", "Posts dated in the future", registry=registry)
        self.mentions = Counter("badbuzz_mentions_total", "Mentions counted", ["brand", "sentiment"], registry=registry)
        self.late = Counter("badbuzz_mentions_late_total", "Mentions too late to count", ["brand"], registry=registry)
        self.duplicate = Counter(
            "badbuzz_mentions_duplicate_total", "Mentions of a post seen before", ["brand"], registry=registry
        )
        self.dead_letters = Counter(
            "badbuzz_dead_letters_total", "Records that could not be used", ["reason"], registry=registry
        )
        self.alerts = Counter(
            "badbuzz_alerts_total", "Changes of alerts published", ["detector", "state"], registry=registry
        )
        self.shadow_alerts = Counter(
            "badbuzz_shadow_alerts_total",
            "Alerts that shadow detectors would have given",
            ["brand", "detector"],
            registry=registry,
        )
        self.alerts_per_month = Gauge(
            "badbuzz_alerts_per_month",
            "Alerts of the newest 30 days, live detectors and shadows; to be held against the budget",
            ["brand", "detector"],
            registry=registry,
        )
        self.false_alarm_budget = Gauge(
            "badbuzz_false_alarm_budget_per_month",
            "False alarms allowed by the configuration",
            ["brand"],
            registry=registry,
        )
        self.detector_seconds = Counter(
            "badbuzz_detector_seconds_total", "Time spent in each detector", ["detector"], registry=registry
        )
        self.incidents = Counter(
            "badbuzz_incidents_total", "Changes of incidents published", ["state"], registry=registry
        )
        self.deliveries = Counter(
            "badbuzz_deliveries_total", "Messages to people", ["channel", "result"], registry=registry
        )
        self.complaints = Counter(
            "badbuzz_complaints_total", "Complaints to the brand's own accounts", ["brand"], registry=registry
        )
        self.response_seconds = Histogram(
            "badbuzz_first_response_seconds",
            "Time from a complaint to the first answer of an account of the brand",
            ["brand"],
            buckets=(60, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400),
            registry=registry,
        )
        self.commands = Counter(
            "badbuzz_commands_total", "What people did, by what it came to", ["outcome"], registry=registry
        )
        self.silenced = Counter(
            "badbuzz_silenced_total",
            "Changes of incidents that only the log heard of, and why",
            ["brand", "reason"],
            registry=registry,
        )
        self.waiting = Gauge(
            "badbuzz_messages_waiting", "Messages that are being sent or will be tried again", registry=registry
        )
        self.lag_records = Gauge(
            "badbuzz_lag_records", "Records not yet read", ["topic", "partition"], registry=registry
        )
        self.lag_seconds = Gauge(
            "badbuzz_lag_seconds",
            "Age of the newest record read, by its time of publishing; 0 when all is read",
            ["topic", "partition"],
            registry=registry,
        )
        self.watermark = Gauge(
            "badbuzz_watermark_timestamp_seconds", "Event time of mentions", ["partition"], registry=registry
        )
        self.snapshot_time = Gauge(
            "badbuzz_snapshot_timestamp_seconds", "When the newest snapshot was written", ["agent"], registry=registry
        )
        self.snapshot_bytes = Gauge(
            "badbuzz_snapshot_bytes", "Size of the newest snapshot", ["agent", "partition"], registry=registry
        )
        self.batch_seconds = Histogram(
            "badbuzz_batch_seconds",
            "Time to handle one batch",
            ["agent"],
            buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
            registry=registry,
        )
        self.brands = Gauge("badbuzz_brands", "Watched brands by state", ["state"], registry=registry)
