"""One recording in, explained alerts out: open everything, run the pipeline, leave the files."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from models.bundle import CARD, default_bundle
from models.errors import ModelError
from monitor.clock import perf_s
from monitor.config import VigilSettings
from monitor.errors import InputError, OutputError, VigilError
from monitor.records import Frame, Gap
from monitor.replay.assembly import Way, assemble
from monitor.replay.interrupt import interruptible
from monitor.replay.neutral_face import NeutralMoments, NeutralWish, neutral_in
from monitor.replay.outputs import Ending, ReplayOutputs
from monitor.replay.progress import ReplayProgress
from monitor.report.alert_ledger import AlertLedger
from monitor.report.neutral_face import baseline_summary
from monitor.report.script import Scene
from monitor.report.totals import Totals
from monitor.sources.opening import open_source
from monitor.sources.read_ahead import ReadAhead
from monitor.sources.source import Source
from monitor.storage.run_folder import OUR_FILES, RunFolder

BESIDE = "decoding"
"""In ``stage_ms``: decoding, which runs ahead beside the way; ``decode`` is how long the way waited for a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRequest:
    """What to replay and what to leave. ``max_seconds`` ends early, by the recording's time."""

    video: Path
    out: Path
    settings: VigilSettings
    bundle: Path | None = None
    overwrite: bool = False
    annotate: bool = False
    explain: bool = True
    scenes: tuple[Scene, ...] = ()
    max_seconds: float | None = None
    neutral: tuple[NeutralWish, ...] = ()


@dataclass(frozen=True, slots=True)
class FirstSeconds:
    """A source cut off after ``max_seconds`` of the recording's time."""

    source: Source
    max_seconds: float

    def frames(self) -> Iterator[Frame | Gap]:
        """The pictures up to the cut."""
        pictures = self.source.frames()
        try:
            for seen in pictures:
                if seen.captured_s >= self.max_seconds:
                    return
                yield seen
        finally:
            close = getattr(pictures, "close", None)
            if close is not None:
                close()


def replay(request: ReplayRequest, say: Callable[[str], None]) -> dict[str, Any]:
    """Replay a recording and return what ``summary.json`` holds. ``say`` is told notices, a line each.

    Nothing of the output folder is touched before source, bundle and landmark asset are known to be good.
    Whatever goes wrong on the way is raised after the files were completed as far as they fit.
    """
    settings = request.settings
    with ExitStack() as stack:
        source = open_source(request.video, settings.source)
        stack.callback(source.close)
        pictures = ReadAhead(source if request.max_seconds is None else FirstSeconds(source, request.max_seconds))
        bundle_path = request.bundle or default_bundle()
        way = assemble(settings, pictures, bundle_path, stack, explain=request.explain)
        neutral = NeutralMoments(
            way.assessor, request.neutral, lambda picture: neutral_in(picture, settings, bundle_path)
        )
        way.pipeline.judge = neutral
        card = (bundle_path / CARD).read_text(encoding="utf-8", errors="replace")
        if way.explainer_missing and request.explain:
            say(f"no explanations: {way.explainer_missing}")
        _refuse_to_replace(request)
        folder = RunFolder(request.out, overwrite=request.overwrite)
        stack.callback(folder.release_reserve)
        outputs = ReplayOutputs(
            folder,
            labels=(way.bundle.spec.head("emotion").labels, way.bundle.spec.head("au").labels),
            fps=source.info.fps,
            annotate=request.annotate,
            journal=settings.journal,
            report=settings.report,
            baseline_changes=way.assessor.baseline_changes,
        )
        progress = stack.enter_context(ReplayProgress(request.video.name, _expected(source, request.max_seconds)))
        stopped = stack.enter_context(interruptible())
        failures: list[VigilError | ModelError] = []
        began = perf_s()
        summary: dict[str, Any] = {}

        def summarise(totals: Totals, ledger: AlertLedger) -> dict[str, Any]:
            summary.update(
                _summary(request, source, way, totals, ledger, wall_s=perf_s() - began, interrupted=stopped())
            )
            summary["stage_ms"][BESIDE] = pictures.decoding.summary()
            return summary

        try:
            way.pipeline.run([outputs, progress], stopped)
        except (VigilError, ModelError) as error:
            failures.append(error)
        finally:  # what was seen is not lost to a mistake of ours or a library's either
            failures += outputs.finish(
                Ending(
                    title=request.video.name,
                    card=card,
                    notes=[*_notes(way, outputs.totals), *neutral.notes()],
                    scenes=request.scenes,
                    thresholds=(("pain begins", settings.judgement.on), ("pain ends", settings.judgement.off)),
                    summarise=summarise,
                )
            )
        if outputs.totals.frames == 0 and not stopped():
            failures.append(InputError(f"{request.video}: not one picture of it can be read"))
        if failures:
            raise failures[0]
        return summary


def _refuse_to_replace(request: ReplayRequest) -> None:
    """The recording must not be one of the files that this run writes."""
    if request.video.resolve() in {(request.out / name).resolve() for name in OUR_FILES}:
        raise OutputError(f"{request.video}: would be replaced by this run's own files; choose another --out")


def _expected(source: Source, max_seconds: float | None) -> int | None:
    count, fps = source.info.frame_count, source.info.fps
    if max_seconds is None or fps is None:
        return count
    wanted = math.ceil(max_seconds * fps)
    return wanted if count is None else min(count, wanted)


def _notes(way: Way, totals: Totals) -> list[str]:
    notes = []
    if way.explainer is None:
        notes.append(f"No explanations were made ({way.explainer_missing}); pain was judged and alerted all the same.")
    if totals.gaps:
        count = sum(totals.gaps.values())
        notes.append(f"{count} picture{'s' if count > 1 else ''} of the recording could not be read.")
    if totals.held_frames:
        notes.append(
            f"The recording shows some pictures for long: {totals.held_frames} of the {totals.frames} pictures judged "
            "are the one before, standing."
        )
    return notes


def _summary(
    request: ReplayRequest,
    source: Source,
    way: Way,
    totals: Totals,
    ledger: AlertLedger,
    *,
    wall_s: float,
    interrupted: bool,
) -> dict[str, Any]:
    info = source.info
    recording_s = totals.last_s + (1.0 / info.fps if info.fps and totals.frames else 0.0)
    entries = [entry.summary() for entry in ledger.entries]
    return {
        "frames": totals.frames,
        "frames_with_face": totals.frames_with_face,
        "assessable_frames": totals.assessable_frames,
        "explained_frames": totals.explained_frames,
        "alerts": entries,
        "pain_max": totals.pain_max,
        "pain_onset_s": way.assessor.pain_onset_s,
        "pspi_max": totals.pspi_max,
        "baseline": baseline_summary(way.assessor.baseline, way.assessor.baseline_changes),
        "model_id": way.classifier.model_id,
        "speed_x_realtime": recording_s / wall_s if wall_s > 0 else 0.0,
        "stage_ms": way.pipeline.stages.summary(),
        "interrupted": interrupted,
        "recording_s": recording_s,
        "wall_s": wall_s,
        "source": {
            "name": request.video.name,
            "source_id": info.source_id,
            "width": info.width,
            "height": info.height,
            "fps": info.fps,
            "backend": str(info.backend),
            "started_at": info.started_at,
        },
        "gaps": dict(totals.gaps),
        "held_frames": totals.held_frames,
        "missing_faces": dict(totals.missing),
        "poor_quality": dict(totals.poor_quality),
        "levels": dict(totals.levels),
        "cannot_assess": dict(totals.cannot_assess),
        "providers": list(way.classifier.providers),
        "weights_sha256": way.bundle.weights_sha256,
        "explainer": _explainer_summary(way, totals),
        "version": version("vigil"),
    }


def _explainer_summary(way: Way, totals: Totals) -> dict[str, Any]:
    if way.explainer is None:
        return {"available": False, "reason": way.explainer_missing}
    stats = way.explainer.stats
    return {
        "available": True,
        "composite": way.explainer.composite,
        "requested_frames": totals.requested_frames,
        "explained_frames": totals.explained_frames,
        "explanations": totals.explanations,
        "sample_reasons": dict(totals.sample_reasons),
        "conservation_error_max": totals.conservation_error_max,
        "sent": stats.sent,
        "done": stats.done,
        "dropped": dict(stats.dropped),
        "restarts": stats.restarts,
        "alive": stats.alive,
    }
