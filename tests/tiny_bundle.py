"""An untrained width-8 bundle for tests: everything a trained one has but sense."""

from __future__ import annotations

from pathlib import Path

from models.networks.reduced_resnet18 import ReducedResNet18, build, reset_parameters
from models.spec import AUS, ModelSpec, face_heads


def tiny_spec(*, width: int = 8, model_id: str = "tiny-untrained") -> ModelSpec:
    return ModelSpec(
        model_id=model_id,
        architecture="reduced_resnet18",
        width=width,
        input_px=112,
        input_channels=1,
        normalisation="face-window-1",
        crop="eyes-nose-1",
        heads=face_heads(),
        neutral_prior=dict.fromkeys(AUS, (0.0, 0.3)),
    )


def tiny_network(seed: int = 0, *, width: int = 8) -> ReducedResNet18:
    """Weights drawn from ``seed``, BatchNorm statistics as after some training, so that folding would show.

    The visibility head leans to "visible", so that faces are assessable.
    """
    import torch

    network = build(tiny_spec(width=width))
    reset_parameters(network, seed)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.3, 0.3)
            torch.nn.init.uniform_(module.running_mean, -0.3, 0.3)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    torch.nn.init.constant_(network.heads["visibility"].bias, 6.0)
    return network.eval()


def make_tiny_bundle(out: Path) -> Path:
    from exporters.export import export_bundle
    from exporters.photograph import photograph_crops

    return export_bundle(tiny_network(), tiny_spec(), out, real_crops=photograph_crops(112, 4))


def make_tiny_variants(tiny_bundle: Path, folder: Path) -> dict[str, Path]:
    """The float16 and the int8 bundle of the same network, under ``folder`` by precision."""
    from exporters.derived import fill_derived, folded_graph
    from exporters.trial import photograph_trial
    from models.bundle import WEIGHTS, Precision, sha256

    graph, trial = folded_graph(tiny_network(), tiny_spec()), photograph_trial(112)
    made = {}
    for precision in (Precision.FLOAT16, Precision.INT8):
        made[precision.value] = folder / precision
        made[precision.value].mkdir()
        fill_derived(
            made[precision.value],
            graph,
            tiny_spec(),
            precision,
            source_sha256=sha256(tiny_bundle / WEIGHTS),
            calibrating=trial.calibrating,
            real_crops=trial.measured,
            card="# Tiny\n",
        )
    return made
