"""float32, float16 and int8 of one network, measured side by side; the wanted or the best one becomes the bundle."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from exporters.choose import ACCURACY_DROP, AGREEMENT, GAIN, ORDER, choose
from exporters.derived import derived_spec, fill_derived, folded_graph
from exporters.export import fill, replacing, require_crops, resting
from exporters.figures import figures
from exporters.quantise import METHOD
from exporters.trial import Trial
from models.bundle import CARD, VARIANTS, WEIGHTS, Precision, sha256, write_manifest
from models.errors import ParityFailed
from models.onnx_runtime import onnxruntime
from models.spec import ModelSpec


def export_measured(
    network: nn.Module, spec: ModelSpec, out: Path, trial: Trial, *, wanted: Precision | None, card: str = ""
) -> dict[str, Any]:
    """Writes the bundle of the ``wanted`` precision, or of the one that measurement picks, to ``out``.

    A variant whose graph strays too far from the network that explains it is left out, with the reason under
    ``refused``; where it is the ``wanted`` one, ParityFailed. Returns what ``variants.json`` in the bundle says. Other
    errors as for ``exporters.export.export_bundle``.
    """
    for crops in (trial.calibrating, trial.measured):
        require_crops(spec, crops)
    with resting(network), tempfile.TemporaryDirectory(prefix="vigil-variants-") as work, replacing(out) as folder:
        folders = {precision: Path(work) / precision for precision in ORDER}
        for place in folders.values():
            place.mkdir()
        fill(folders[Precision.FLOAT32], network, spec, trial.measured, card)
        explaining, graph = {Precision.FLOAT32: network}, folded_graph(network, spec)
        refused: dict[Precision, str] = {}
        for precision in ORDER[1:]:
            try:
                explaining[precision] = fill_derived(
                    folders[precision],
                    graph,
                    spec,
                    precision,
                    source_sha256=sha256(folders[Precision.FLOAT32] / WEIGHTS),
                    calibrating=trial.calibrating,
                    real_crops=trial.measured,
                    card=(folders[Precision.FLOAT32] / CARD).read_text(encoding="utf-8"),
                )
            except ParityFailed as error:
                if precision is wanted:
                    raise
                refused[precision] = str(error).removesuffix("; no bundle was written")
        measured = figures({name: folders[name] for name in explaining}, explaining, spec, trial)
        best, because = choose(measured)
        precision = wanted or best
        report = {
            "precision": str(precision),
            "because": because if wanted is None else f"asked for; measurement picks {best} ({because})",
            "rule": {"agreement": AGREEMENT, "accuracy_drop": ACCURACY_DROP, "time": GAIN},
            "calibration": {"crops": trial.calibrated_on, "method": METHOD},
            "onnxruntime": onnxruntime.__version__,
            "variants": {str(name): values for name, values in measured.items()},
            "refused": {str(name): reason for name, reason in refused.items()},
        }
        for entry in folders[precision].iterdir():
            (folder / entry.name).write_bytes(entry.read_bytes())
        with (folder / CARD).open("a", encoding="utf-8") as text:
            text.write("\n" + section(report))
        (folder / VARIANTS).write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        write_manifest(folder, derived_spec(spec, precision).model_id)
    return report


def section(report: Mapping[str, Any]) -> str:
    """The variants as a section of the model card (Markdown)."""
    rows = "\n".join(f"| {' | '.join(cells)} |" for cells in table(report))
    head, _, body = rows.partition("\n")
    rule = "|" + "---|" * head.count(" | ") + "---|"
    derived = report["precision"] != Precision.FLOAT32
    explained = (
        f"Explanations are computed from the dequantised {report['precision']} weights and say so; the rounding of "
        "activations is not in them.\n\n"
        if derived
        else ""
    )
    left_out = "".join(f"{name} was left out: {reason}.\n\n" for name, reason in report.get("refused", {}).items())
    return (
        f"## Precision\nThis bundle is **{report['precision']}**: {report['because']}.\n\n{explained}{head}\n{rule}\n"
        f"{body}\n\n{left_out}Agreement is with float32's decisions, the worst head's; μ ÷ chance is the mean over "
        f"AUs. int8 was calibrated ({report['calibration']['method']}) on {report['calibration']['crops']}.\n"
    )


def table(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Headings, then one row a variant, for people."""
    rows: list[tuple[str, ...]] = [
        ("variant", "MB", "ms, 1 thread", "ms, 2 threads", "max rel. error", "agreement", "accuracy", "μ ÷ chance")
    ]
    for name in ORDER:
        one = report["variants"].get(str(name))
        if one is None:
            continue
        ms = [f"{one['ms'][t]['wall_ms']:.2f} (processor {one['ms'][t]['cpu_ms']:.2f})" for t in ("1", "2")]
        head = min(one["agreement"], key=lambda which: float(one["agreement"][which]))
        accuracy, mu = one["accuracy"], one["looking"].get("mu_over_chance")
        rows.append(
            (
                str(name),
                f"{one['bytes'] / 1e6:.1f}",
                *ms,
                f"{max(error['max_relative'] for error in one['error'].values()):.1e}",
                f"{one['agreement'][head]:.4f} {head}, n = {one['n']}",
                f"{accuracy['share']:.4f} (n = {accuracy['n']})" if accuracy else "not measured",
                f"{mu:.2f}" if mu is not None else "not measured",
            )
        )
    return rows
