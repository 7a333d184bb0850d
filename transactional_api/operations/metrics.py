"""Figures about the process for Prometheus. Labels are routes, statuses and names from the code, never data.

With several workers each writes its own file in `PROMETHEUS_MULTIPROC_DIR`, and whoever is asked answers for all.
"""

import os
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter("revhouse_http_requests", "Requests that were answered.", ("method", "route", "status"))
LATENCY = Histogram("revhouse_http_seconds", "Seconds to the end of an answer.", ("method", "route"), buckets=_SECONDS)
IN_FLIGHT = Gauge("revhouse_http_in_flight", "Requests that are worked now.", multiprocess_mode="livesum")
DATABASE_ERRORS = Counter("revhouse_database_errors", "Requests that found no database.")
LIMITED = Counter("revhouse_http_limited", "Requests that came too fast.", ("limit",))
JOB_ROUNDS = Counter("revhouse_job_rounds", "Rounds of jobs.", ("job", "outcome"))
JOB_WORK = Counter("revhouse_job_work", "Things that jobs did.", ("job",))
WEBHOOKS = Counter("revhouse_webhook_attempts", "Messages sent to webhook endpoints.", ("outcome",))


def count_round(job: str, did: int, failed: bool) -> None:
    """Told by the runner of the jobs after every round."""
    JOB_ROUNDS.labels(job, "failed" if failed else "done").inc()
    JOB_WORK.labels(job).inc(did)


def exposition(stock: Collector) -> bytes:
    """The figures of every worker, and those that `stock` reads from the database."""
    registry = CollectorRegistry()
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        _forget_the_dead(Path(folder))
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        registry.register(stock)
        return generate_latest(registry)
    registry.register(stock)
    return generate_latest(REGISTRY) + generate_latest(registry)


def gauge(name: str, meaning: str, values: dict[str, float], label: str | None = None) -> GaugeMetricFamily:
    """A figure that is read, not counted: by the values of one label, or under the empty name without one."""
    family = GaugeMetricFamily(name, meaning, labels=[label] if label else [])
    for value, number in values.items():
        family.add_metric([value] if label else [], number)
    return family


def _forget_the_dead(folder: Path) -> None:
    """A worker that was killed works on no request any more; its counts stay."""
    for file in folder.glob("gauge_live*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not Path(f"/proc/{pid}").exists():
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
