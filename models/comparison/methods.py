"""The methods that Weitz et al. name beside LRP, all through captum and with one signature.

    gradient         ∂ logit / ∂ pixel (Simonyan et al. 2014)
    guided_backprop  gradient, ReLUs pass positive gradients of active units only (Springenberg et al. 2015)
    deconvnet        gradient, ReLUs pass positive gradients, active or not (Zeiler and Fergus 2014)
    grad_cam         last map of features weighted by its mean gradients, positive part (Selvaraju et al. 2017)
    guided_grad_cam  product of grad_cam and guided_backprop
    lime             linear model of the logit over hidden superpixels (Ribeiro et al. 2016)

None of them conserves the logit: compare where they look, never how much there is.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.comparison.superpixels import superpixels
from models.errors import PartMissing, SpecMismatch
from models.lrp.named_rules import PIXELS, wanted_outputs

Relevance = NDArray[np.floating]
LIME_SAMPLES = 200
"""Pictures with superpixels hidden that LIME learns from; more steady, and slower, the more."""
LIME_BATCH = 16


def attribute(
    network: nn.Module,
    x: Tensor,
    target: Sequence[int] | NDArray[np.integer] | Tensor,
    method: str,
    *,
    samples: int = LIME_SAMPLES,
    seed: int = 0,
) -> Relevance:
    """(N, H, W) signed, channels summed: what ``method`` says about output ``target[n]`` of ``x[n]`` (N, C, H, W).

    ``network`` gives raw outputs (N, K), names its last map of features in ``cam_layer`` (grad_cam and
    guided_grad_cam only) and must be in eval mode; otherwise SpecMismatch, as for unknown methods. It is left
    unchanged, as is the caller's generator: ``samples`` and ``seed`` are LIME's alone. PartMissing without captum.
    """
    if method not in METHODS:
        raise SpecMismatch(f"no explanation method {method!r}, only {', '.join(METHODS)}")
    index = wanted_outputs(network, x, target)
    rows = []
    with torch.random.fork_rng(devices=[]), torch.enable_grad(), _without_gradients_of_weights(network):
        torch.manual_seed(seed)
        size = max(1, PIXELS // (x.shape[2] * x.shape[3]))
        for start in range(0, len(x), size):
            batch = x[start : start + size].detach().clone().requires_grad_()
            chosen = index[start : start + size].to(batch.device)
            rows.append(METHODS[method](network, batch, chosen, samples).detach().cpu().numpy())
    return np.concatenate(rows)


def _captum() -> Any:
    try:
        import captum.attr
    except ImportError as error:
        raise PartMissing("comparison methods need captum; install vigil[research]") from error
    return captum.attr


def _gradient(network: nn.Module, x: Tensor, target: Tensor, _: int) -> Tensor:
    found: Tensor = _captum().Saliency(network).attribute(x, target=target, abs=False)
    return found.sum(1)


def _guided_backprop(network: nn.Module, x: Tensor, target: Tensor, _: int) -> Tensor:
    with _hooks_announced():
        found: Tensor = _captum().GuidedBackprop(network).attribute(x, target=target)
    return found.sum(1)


def _deconvnet(network: nn.Module, x: Tensor, target: Tensor, _: int) -> Tensor:
    with _hooks_announced():
        found: Tensor = _captum().Deconvolution(network).attribute(x, target=target)
    return found.sum(1)


def _grad_cam(network: nn.Module, x: Tensor, target: Tensor, _: int) -> Tensor:
    attr = _captum()
    coarse: Tensor = attr.LayerGradCam(network, _cam_layer(network)).attribute(x, target=target, relu_attributions=True)
    enlarged: Tensor = attr.LayerAttribution.interpolate(coarse, tuple(x.shape[2:]), "bilinear")
    return enlarged[:, 0]


def _guided_grad_cam(network: nn.Module, x: Tensor, target: Tensor, samples: int) -> Tensor:
    """captum's own takes the map to the picture's size by nearest cells unless told otherwise."""
    with _hooks_announced():
        found: Tensor = (
            _captum()
            .GuidedGradCam(network, _cam_layer(network))
            .attribute(x, target=target, interpolate_mode="bilinear")
        )
    return found.sum(1)


def _lime(network: nn.Module, x: Tensor, target: Tensor, samples: int) -> Tensor:
    """One picture at a time: each has superpixels, and a linear model of them, of its own.

    Ridge regression as in the authors' code; captum's default Lasso has a fixed α and finds nothing where logits
    are small.
    """
    attr = _captum()
    from captum._utils.models.linear_model import SkLearnRidge

    lime = attr.Lime(network, interpretable_model=SkLearnRidge(alpha=1.0))
    rows = []
    for picture, output in zip(x.detach(), target, strict=True):
        cells = torch.from_numpy(superpixels(picture.cpu().numpy())).to(x.device)
        with torch.no_grad():
            found: Tensor = lime.attribute(
                picture[None],
                target=int(output),
                feature_mask=cells[None, None],
                n_samples=samples,
                perturbations_per_eval=LIME_BATCH,
            )
        rows.append(found[0, 0])
    return torch.stack(rows)


METHODS: Mapping[str, Callable[[nn.Module, Tensor, Tensor, int], Tensor]] = MappingProxyType(
    {
        "gradient": _gradient,
        "guided_backprop": _guided_backprop,
        "deconvnet": _deconvnet,
        "grad_cam": _grad_cam,
        "guided_grad_cam": _guided_grad_cam,
        "lime": _lime,
    }
)
"""Method name → function of network, batch, targets and LIME's samples."""


def _cam_layer(network: nn.Module) -> nn.Module:
    name = getattr(network, "cam_layer", None)
    if not isinstance(name, str):
        raise SpecMismatch(f"{type(network).__name__} names no cam_layer, which Grad-CAM needs")
    return network.get_submodule(name)


@contextmanager
def _hooks_announced() -> Iterator[None]:
    """captum warns on every call that it sets hooks and will remove them; that alone is silenced."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Setting backward hooks on ReLU activations", UserWarning)
        yield


@contextmanager
def _without_gradients_of_weights(network: nn.Module) -> Iterator[None]:
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    try:
        for parameter in learning:
            parameter.requires_grad_(False)
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_(True)
