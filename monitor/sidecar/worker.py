"""The sidecar process, and the only module of ``monitor`` that reaches torch: crops in, LRP out.

Started by ``monitor.sidecar.apart``, which cut it off from the network, with two inherited file descriptors (control
socket, shared memory). It ends by itself when the socket closes, so it never outlives the process that started it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.action_units import ActionUnit
from models.bundle import open_bundle
from models.errors import ModelError, SpecMismatch
from models.lrp import composites
from models.lrp.explain import TargetRelevance, relevances, target_of
from models.lrp.mu import chance, mu, outside_face
from models.preprocess import to_input
from models.regions import hull_mask, region_mask
from models.weights import load_network
from monitor.sidecar.isolation import may_generate_code, network_in_reach
from monitor.sidecar.slots import SlotLayout, Slots
from monitor.sidecar.wire import Channel, Configure, Done, Failed, Job, Ready, Refused, TargetResult, WireError


class Explainer:
    """A verified bundle's network and a composite. ModelError when either is not fit to explain with.

    A float16 or int8 bundle is explained through its dequantised weights, which ``weights`` says.
    """

    def __init__(self, bundle_path: Path, composite: str, crop_px: int) -> None:
        composites.build(composite)
        bundle = open_bundle(bundle_path)
        bundle.spec.require_crop(crop_px)
        self.spec = bundle.spec
        self.weights = bundle.explained_weights
        self._network = load_network(bundle)
        self._composite = composite

    def explain(
        self, pixels: NDArray[np.uint8], landmarks: NDArray[np.float32], targets: Sequence[str]
    ) -> tuple[list[TargetResult], NDArray[np.float32]]:
        """Figures and relevance (T, S, S) of every target; SpecMismatch for an unknown one or an infinite result."""
        x = torch.from_numpy(to_input(pixels[None]))
        found = relevances(self._network, x, [target_of(self.spec, name) for name in targets], self._composite)
        hull = hull_mask(landmarks, self.spec.input_px)
        maps = np.stack([one.relevance for one in found]).astype(np.float32)
        if not np.isfinite(maps).all():
            raise SpecMismatch(f"composite {self._composite} gave infinite relevance")
        return [_figures(name, one, landmarks, hull) for name, one in zip(targets, found, strict=True)], maps


def _figures(
    name: str, found: TargetRelevance, landmarks: NDArray[np.float32], hull: NDArray[np.bool_]
) -> TargetResult:
    region = region_mask(ActionUnit(name), landmarks, len(hull)) if name in set(ActionUnit) else None
    return TargetResult(
        target=name,
        logit=found.logit,
        mu=None if region is None else mu(found.relevance, region),
        mu_chance=None if region is None else chance(region, hull),
        outside_face=outside_face(found.relevance, hull),
        conservation_error=found.conservation_error,
    )


def serve(channel: Channel, memory: int, loaded: Callable[[], None]) -> int:
    """Configure, then one answer per job until the client is gone; the exit status.

    ``loaded`` is called once the network is, or is not: nobody else may send from then on.
    """
    configure = channel.receive()
    if not isinstance(configure, Configure):
        return os.EX_PROTOCOL
    with contextlib.suppress(OSError):  # a unit's system call filter may not let us; its CPUWeight= does it then
        os.nice(configure.nice)
    torch.set_num_threads(1)
    if not may_generate_code():
        torch.backends.mkldnn.set_flags(_enabled=False)  # type: ignore[no-untyped-call]
    try:
        slots = Slots(memory, SlotLayout(configure.slots, configure.crop_px, configure.max_targets))
    except (OSError, ValueError, OverflowError) as error:
        loaded()
        channel.send(Refused(reason=f"the shared memory does not hold the slots ({error})"))
        return os.EX_PROTOCOL
    try:
        explainer = Explainer(Path(configure.bundle), configure.composite, configure.crop_px)
    except ModelError as error:
        loaded()
        channel.send(Refused(reason=str(error)))
        return os.EX_UNAVAILABLE
    loaded()
    channel.send(Ready(model_id=explainer.spec.model_id, weights=explainer.weights, network=network_in_reach()))
    while (job := channel.receive()) is not None:
        if not isinstance(job, Job):
            return os.EX_PROTOCOL
        channel.send(_answer(explainer, slots, job))
    return os.EX_OK


def _answer(explainer: Explainer, slots: Slots, job: Job) -> Done | Failed:
    try:
        pixels, landmarks = slots.read_crop(job.slot, job.seq)
        results, maps = explainer.explain(pixels, landmarks, job.targets)
    except (ModelError, WireError) as error:
        return Failed(seq=job.seq, reason=str(error))
    slots.write_relevance(job.slot, maps)
    return Done(seq=job.seq, results=tuple(results))


def run(end: socket.socket, memory: int, loaded: Callable[[], None]) -> int:
    """Explain over ``end`` with the shared memory of descriptor ``memory``; the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the client ends this process
    try:
        return serve(Channel(end), memory, loaded)
    except ConnectionError:
        return os.EX_OK  # the client went away while this frame was explained
    except WireError as error:
        print(f"the client talks nonsense: {error}", file=sys.stderr)
        return os.EX_PROTOCOL
