"""What a user's own bundle, dropped in by its path, lacks of what this program can use."""

from __future__ import annotations

from models.action_units import PSPI_UNITS
from models.bundle import Bundle
from models.errors import BundleCorrupt, SpecMismatch
from models.fitness import LOAD_ERRORS, require_crop, require_fit
from models.onnx_runtime import onnxruntime, session_options
from models.spec import EMOTIONS, VISIBILITY
from models.weights import load_network


def lacks(bundle: Bundle) -> list[str]:
    """What a bundle that may be used has not, and what follows from it, a line each; empty when nothing is missing.

    Errors as of ``monitor.classifier``: SpecMismatch or BundleCorrupt when it may not be used at all.
    """
    require_crop(bundle)
    try:
        session = onnxruntime.InferenceSession(
            str(bundle.graph), session_options(1), providers=["CPUExecutionProvider"], enable_fallback=0
        )
    except LOAD_ERRORS as error:
        raise BundleCorrupt(f"{bundle.graph}: ONNX Runtime cannot load it ({error})") from error
    require_fit(session, bundle)
    spec = bundle.spec
    heads = {head.name: head.labels for head in spec.heads}
    found = []
    missing: list[str] = [unit for unit in PSPI_UNITS if unit not in heads["au"]]
    if missing:
        found.append(f"no {', '.join(missing)}: PSPI cannot be computed")
    if missing := [name for name in EMOTIONS if name not in heads["emotion"]]:
        found.append(f"no emotion {', '.join(missing)}: pain is not judged against it")
    if missing := [name for name in VISIBILITY if name not in heads.get("visibility", ())]:
        found.append(f"no visibility of {', '.join(missing)}: a hand or blanket there goes unnoticed")
    if missing := [name for name in (*heads["au"], *heads["emotion"]) if name not in spec.neutral_prior]:
        found.append(
            f"no neutral prior of {', '.join(missing)}: 0 stands in until a person's own neutral face is learned"
        )
    if not spec.calibrated:
        found.append("not calibrated: its probabilities are not to be read as such")
    if reason := _unexplained(bundle):
        found.append(f"no explanations: {reason}")
    return found


def _unexplained(bundle: Bundle) -> str:
    try:
        load_network(bundle)
    except SpecMismatch as error:
        return str(error)
    return ""
