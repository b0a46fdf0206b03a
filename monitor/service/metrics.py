"""What Prometheus is told: counted in the supervisor's thread, read from the health server's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from monitor.alerts.transition import Transition

LATENCY_BUCKETS_S = (
    *(0.005 * step for step in range(1, 41)),
    *(0.2 + 0.02 * step for step in range(1, 16)),
    0.75,
    1.0,
    2.0,
    5.0,
)
"""Fine up to half a second, so that the bench can read percentiles off the difference of two scrapes."""


class Metrics:
    """``judged`` and ``told`` as it happens; all else is read off the latest status."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._latest = _Latest()
        self.registry.register(self._latest)
        self._judged = Counter("vigil_pictures_judged", "Pictures that were judged.", ["bed"], registry=self.registry)
        self._left_out = Counter(
            "vigil_pictures_left_out", "Pictures that newer ones have overtaken.", ["bed"], registry=self.registry
        )
        self._latency = Histogram(
            "vigil_latency_seconds",
            "From a picture's capture to its judgement.",
            ["bed"],
            registry=self.registry,
            buckets=LATENCY_BUCKETS_S,
        )
        self._age = Histogram(
            "vigil_queue_age_seconds",
            "How old something was when it was taken: a picture from its ring, a judgement by the supervisor.",
            ["queue"],
            registry=self.registry,
            buckets=LATENCY_BUCKETS_S,
        )
        self._batch = Counter(
            "vigil_batch_beds", "Beds judged together, added up over pictures.", registry=self.registry
        )
        self._alerts = Counter(
            "vigil_alert_changes", "Changes of alerts.", ["bed", "topic", "reason"], registry=self.registry
        )

    def judged(self, bed: str, *, latency_s: float, ring_s: float, way_s: float, batch: int, left_out: int) -> None:
        """A picture of ``bed`` was judged ``latency_s`` after its capture."""
        self._judged.labels(bed).inc()
        self._left_out.labels(bed).inc(left_out)
        self._latency.labels(bed).observe(latency_s)
        self._age.labels("pictures").observe(ring_s)
        self._age.labels("judgements").observe(way_s)
        self._batch.inc(batch)

    def told(self, transition: Transition) -> None:
        """People were told of ``transition``."""
        if transition.topic is not None:
            self._alerts.labels(transition.bed, transition.topic.value, transition.reason.value).inc()

    def show(self, status: Mapping[str, Any]) -> None:
        """``status`` is the newest."""
        self._latest.status = status

    def forget(self, bed: str) -> None:
        """``bed`` is no longer watched."""
        for metric in (self._judged, self._left_out, self._latency):
            try:
                metric.remove(bed)
            except KeyError:
                continue

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)


class _Latest(Collector):
    """Gauges and counters that others keep, as the newest status has them."""

    def __init__(self) -> None:
        self.status: Mapping[str, Any] = {}

    def collect(self) -> Iterable[Metric]:
        status = self.status
        cameras, beds, sinks = (status.get(name, {}) for name in ("cameras", "beds", "sinks"))
        yield _gauge("vigil_camera_online", "Whether the camera gives pictures.", "source", cameras, "online")
        yield _gauge("vigil_camera_fps", "Pictures a second of the camera.", "source", cameras, "fps")
        yield _gauge("vigil_camera_picture_age_seconds", "Age of the newest picture.", "source", cameras, "age_s")
        yield _dropped("vigil_pictures_dropped", "Pictures dropped at the camera.", "source", cameras)
        yield _gauge("vigil_bed_assessable", "Whether the bed can be judged now.", "bed", beds, "assessable")
        yield _gauge("vigil_bed_alerts_out", "Alerts on, latched or acknowledged.", "bed", beds, "alerts_out")
        yield _gauge("vigil_sink_ok", "Whether nothing is wrong with the sink.", "sink", sinks, "ok")
        yield _gauge("vigil_sink_waiting", "Messages that wait for the receiver.", "sink", sinks, "waiting")
        delivered = CounterMetricFamily("vigil_sink_delivered", "Messages delivered.", labels=["sink"])
        for name, sink in sinks.items():
            delivered.add_metric([name], sink["delivered"])
        yield delivered
        yield _dropped("vigil_sink_dropped", "Messages that will never be delivered.", "sink", sinks)
        restarts = CounterMetricFamily("vigil_process_restarts", "Starts after the first.", labels=["process"])
        running = GaugeMetricFamily("vigil_process_up", "Whether the process runs.", labels=["process"])
        for row in status.get("processes", ()):
            restarts.add_metric([row["name"]], row["restarts"])
            running.add_metric([row["name"]], row["pid"] is not None)
        yield restarts
        yield running
        sidecar = status.get("sidecar") or {}
        yield _dropped("vigil_explanations_dropped", "Crops not explained.", "sidecar", {"sidecar": sidecar})
        explained = CounterMetricFamily("vigil_explained", "Crops explained.")
        explained.add_metric([], sidecar.get("done", 0))
        yield explained
        stages = GaugeMetricFamily("vigil_stage_milliseconds", "Mean of a stage of a round.", labels=["stage"])
        for stage, mean_ms in (status.get("inference", {}).get("stage_ms") or {}).items():
            stages.add_metric([stage], mean_ms)
        yield stages
        trouble = GaugeMetricFamily("vigil_troubles", "Troubles of the service.")
        trouble.add_metric([], len(status.get("troubles", ())))
        yield trouble


def _gauge(name: str, words: str, label: str, entries: Mapping[str, Any], key: str) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for entry, values in entries.items():
        if values.get(key) is not None:
            family.add_metric([entry], float(values[key]))
    return family


def _dropped(name: str, words: str, label: str, entries: Mapping[str, Any]) -> Metric:
    family = CounterMetricFamily(name, words, labels=[label, "cause"])
    for entry, values in entries.items():
        for cause, count in (values.get("dropped") or {}).items():
            family.add_metric([entry, str(cause)], float(count))
    return family
