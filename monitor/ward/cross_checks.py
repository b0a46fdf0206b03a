"""What no single setting can know: whether sources, beds, sinks and privacy go together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import combinations
from typing import Any
from urllib.parse import urlsplit

from monitor.config_tree import nearest
from monitor.ward.beds import BedSettings, shared_share, zone_in_source
from monitor.ward.facility import FacilitySettings
from monitor.ward.sink_checks import Finding, contradictions_of_sinks, remarks_on_sinks
from monitor.ward.sinks import JournalSink
from monitor.ward.sources import MjpegSource, RtspSource, V4l2Source
from monitor.ward.values import NAME_RULE, is_loopback, is_name

MOST_SHARED = 0.9
"""Two beds of one source may share this much of the smaller zone; beyond it a face belongs to both."""


def contradictions(settings: FacilitySettings, written: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """What makes ``settings`` unusable. ``written`` are the names of sources and beds in the files, wrong ones too."""
    for section in ("sources", "beds", "sinks"):
        for name in written[section]:
            if not is_name(name):
                yield f"{section}.{name}", NAME_RULE
    if not written["beds"]:
        yield "beds", "there is no bed to watch"
    yield from _beds(settings, written)
    for name, source in settings.sources.items():
        yield from _source(f"sources.{name}", source)
    yield from _twice("sources", settings.sources, lambda it: it.device if isinstance(it, V4l2Source) else None)
    yield from _twice("sinks", settings.sinks, lambda it: it.path or "" if isinstance(it, JournalSink) else None)
    yield from contradictions_of_sinks(settings.sinks, written["beds"])
    yield from _whole(settings)
    yield from _page(settings)


def remarks(settings: FacilitySettings) -> Iterator[Finding]:
    """What is allowed and may still not be meant."""
    used = {bed.source for bed in settings.beds.values()}
    for name, source in settings.sources.items():
        if name not in used:
            yield f"sources.{name}", "no bed takes its picture"
        if isinstance(source, RtspSource | MjpegSource):
            if source.password_credential and urlsplit(source.url).scheme in ("rtsp", "http"):
                yield f"sources.{name}.url", "is not encrypted; others in the network may see picture and password"
            if not source.tls_verify:
                yield f"sources.{name}.tls_verify", "another machine may pass itself off as the camera"
    yield from remarks_on_sinks(settings.sinks)
    if not settings.sinks:
        yield "sinks", "there is none; alerts reach nobody but the database"
    if settings.health.enabled and not is_loopback(settings.health.host):
        yield "health.host", "others in the network can read the ward's state"
    if settings.page.enabled and settings.page.behind_proxy and not is_loopback(settings.page.host):
        yield "page.host", "whoever reaches it without the proxy sends and reads passwords in the clear"
    if settings.privacy.emotion_scores:
        yield "privacy.emotion_scores", "people in the picture have to be told that emotions are inferred"


def _beds(settings: FacilitySettings, written: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    by_source: dict[str, list[tuple[str, BedSettings]]] = {}
    for name, bed in settings.beds.items():
        if bed.source not in written["sources"]:
            hint = nearest(bed.source, written["sources"]) if written["sources"] else ""
            yield f"beds.{name}.source", f"there is no source {bed.source!r}{hint}"
        by_source.setdefault(bed.source, []).append((name, bed))
    for source, beds in by_source.items():
        for (one, first), (other, second) in combinations(beds, 2):
            share = shared_share(zone_in_source(first), zone_in_source(second))
            if share >= MOST_SHARED:
                at = f"beds.{other}.zone" if second.zone is not None else f"beds.{other}"
                yield (
                    at,
                    f"shares {share:.0%} of the smaller zone with bed {one}, both on source {source}; "
                    "a face would belong to both: give each a zone of its own",
                )


def _source(at: str, source: Any) -> Iterator[Finding]:
    if not isinstance(source, RtspSource | MjpegSource):
        return
    encrypted = urlsplit(source.url).scheme in ("rtsps", "https")
    if source.password_credential and not source.username:
        yield f"{at}.password_credential", "wants username beside it"
    if not encrypted and (source.tls_ca_file or not source.tls_verify):
        setting = "tls_ca_file" if source.tls_ca_file else "tls_verify"
        yield f"{at}.{setting}", "the address is not encrypted; write rtsps:// or https://"
    if encrypted and isinstance(source, RtspSource) and source.transport == "udp":
        yield f"{at}.transport", "rtsps:// travels over tcp"


def _whole(settings: FacilitySettings) -> Iterator[Finding]:
    privacy, storage, capture = settings.privacy, settings.storage, settings.capture
    if not privacy.emotion_scores:
        said = "distress alerts tell emotions; they need privacy.emotion_scores: true"
        if settings.alerts.emotion_alerts:
            yield "alerts.emotion_alerts", said
        for name, bed in settings.beds.items():
            if bed.alerts.emotion_alerts and not settings.alerts.emotion_alerts:
                yield f"beds.{name}.alerts.emotion_alerts", said
    if privacy.pixels and storage.pixels_key_credential is None:
        yield "privacy.pixels", "pictures are stored encrypted or not at all; name storage.pixels_key_credential"
    if storage.pixels_key_credential is not None and not privacy.pixels:
        yield "storage.pixels_key_credential", "no picture is stored unless privacy.pixels is true; take one away"
    if storage.minutes_kept_days < storage.seconds_kept_days:
        yield "storage.minutes_kept_days", "must not be shorter than seconds_kept_days"
    if storage.password_credential and not (storage.database_url or "").startswith("postgresql"):
        yield "storage.password_credential", "only a PostgreSQL database_url has a password"
    if capture.stuck_after_s <= capture.offline_after_s:
        yield "capture.stuck_after_s", "must be longer than offline_after_s"
    if capture.longest_backoff_s < capture.first_backoff_s:
        yield "capture.longest_backoff_s", "must not be shorter than first_backoff_s"


def _page(settings: FacilitySettings) -> Iterator[Finding]:
    page, health = settings.page, settings.health
    if page.certificate is not None and page.private_key_credential is None:
        yield "page.certificate", "wants private_key_credential beside it"
    if page.private_key_credential is not None and page.certificate is None:
        yield "page.private_key_credential", "wants certificate beside it"
    if page.certificate is not None and page.behind_proxy:
        yield "page.behind_proxy", "either the proxy encrypts or the page's own certificate does; take one away"
    if page.enabled and not is_loopback(page.host) and page.certificate is None and not page.behind_proxy:
        yield (
            "page.host",
            "passwords and pictures would travel in the clear; name page.certificate and its key, or set behind_proxy",
        )
    if page.enabled and health.enabled and page.port == health.port:
        yield "page.port", "is the port of the health endpoint; take another one"
    if page.fleet == "database" and not (settings.storage.database_url or "").startswith("postgresql"):
        yield "page.fleet", "wards share a PostgreSQL database; name it as storage.database_url"


def _twice(section: str, entries: Mapping[str, Any], resource: Callable[[Any], Any]) -> Iterator[Finding]:
    seen: dict[Any, str] = {}
    for name, entry in entries.items():
        held = resource(entry)
        if held is not None and held in seen:
            yield f"{section}.{name}", f"takes the same file or device as {section}.{seen[held]}"
        elif held is not None:
            seen[held] = name
