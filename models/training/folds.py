"""Folds in parallel: over processes of this machine or, by one setting, over a Ray cluster, with the same numbers.

Every fold computes with the same number of torch threads wherever it runs, since the order of a sum depends on it.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import pickle
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from models.errors import PartMissing, TrainingFailed

Fold = TypeVar("Fold")
Result = TypeVar("Result")
Workers = int | str
"""A number of processes; ``"ray"`` for a Ray of this machine's own; or the address of a cluster's head."""
Progress = Callable[[str, int, int], None]
LOOPBACK = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"
"""Where a Ray of our own listens. Ray replaces 127.0.0.1 on Linux by the machine's address in the network."""


def workers_of(text: str) -> Workers:
    """What ``--workers`` means: a number, ``ray``, or an address such as ``10.0.0.5:6379`` or ``ray://head:10001``."""
    return int(text) if text.isdecimal() else text


def run_folds(
    function: Callable[[Fold], Result],
    folds: Sequence[Fold],
    workers: Workers = 1,
    *,
    threads: int = 1,
    progress: Progress | None = None,
) -> list[Result]:
    """``[function(fold) for fold in folds]``, ``workers`` at a time, each with ``threads`` torch threads.

    Results come in the order of ``folds``. With more than one worker, ``function`` must be importable by name (bind
    settings with ``functools.partial``), and fold and result must pickle. On a cluster the package must be installed
    on every node and a work folder lie on a disk that all of them see. An error of a fold is raised here unchanged;
    TrainingFailed when a process dies, PartMissing without ray, ValueError for fewer than one worker.
    """
    call = functools.partial(_with_threads, function, threads)
    if isinstance(workers, str):
        return _over_ray(call, folds, workers, threads, progress)
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    if workers == 1 or len(folds) <= 1:
        return [_told(call(fold), number, folds, progress) for number, fold in enumerate(folds, 1)]
    return _over_processes(call, folds, workers, progress)


def _told(result: Result, number: int, folds: Sequence[Any], progress: Progress | None) -> Result:
    if progress is not None:
        progress("folds", number, len(folds))
    return result


def _with_threads(function: Callable[[Fold], Result], threads: int, fold: Fold) -> Result:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        return function(fold)
    finally:
        torch.set_num_threads(before)


def _over_processes(
    call: Callable[[Fold], Result], folds: Sequence[Fold], workers: int, progress: Progress | None
) -> list[Result]:
    spawned = multiprocessing.get_context("spawn")  # a forked torch may hang on its parent's threads
    with ProcessPoolExecutor(min(workers, len(folds)), mp_context=spawned) as pool:
        waiting = [pool.submit(call, fold) for fold in folds]
        try:
            for number, done in enumerate(as_completed(waiting), 1):
                _told(done.result(), number, folds, progress)
        except BrokenProcessPool as error:
            raise TrainingFailed(
                "folds: a worker process died, perhaps for lack of memory; run again with fewer --workers, "
                "finished epochs are kept"
            ) from error
        finally:
            for future in waiting:
                future.cancel()
        return [future.result() for future in waiting]


def _over_ray(
    call: Callable[[Fold], Result], folds: Sequence[Fold], address: str, threads: int, progress: Progress | None
) -> list[Result]:
    try:
        with _ray(address, cores=max(threads, min(len(folds) * threads, os.cpu_count() or 1))) as ray:
            remote = ray.remote(num_cpus=threads, max_retries=0)(call_packed)
            waiting = [remote.remote(sys.path, pickle.dumps((call, fold))) for fold in folds]
            left, number = list(waiting), 0
            while left:
                done, left = ray.wait(left, num_returns=1)
                number += 1
                _told(ray.get(done[0]), number, folds, progress)
            return list(ray.get(waiting))
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise PartMissing("--workers ray needs ray: pip install 'vigil[research]'") from error


@contextmanager
def _ray(address: str, cores: int) -> Iterator[Any]:
    """Ray, connected; one that this call started is reachable from this machine alone, behind a token of its own."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    own = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": _token()} if address == "ray" else {}
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    import ray

    started = not ray.is_initialized()
    try:
        if started and address == "ray":
            ray.init(
                num_cpus=cores,
                _node_ip_address=LOOPBACK,
                include_dashboard=False,
                log_to_driver=False,
                logging_level="ERROR",
                _system_config={"enable_metrics_collection": False},
            )
        elif started:
            try:
                ray.init(address=address, log_to_driver=False, logging_level="ERROR")
            except (ConnectionError, ValueError) as error:
                raise TrainingFailed(f"--workers {address}: no Ray cluster answers there ({error})") from error
        yield ray
    except ray.exceptions.RayTaskError as error:
        raise (error.cause or error) from error
    except ray.exceptions.RayError as error:
        raise TrainingFailed(f"folds: Ray lost a worker ({type(error).__name__}); run again") from error
    finally:
        if started:
            ray.shutdown()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@functools.cache
def _token() -> str:
    """One a process: Ray reads it once and keeps it."""
    return secrets.token_hex(32)


def call_packed(paths: list[str], packed: bytes) -> Any:
    """What a Ray worker runs: the pickled function and fold, importable from where the caller's modules lie."""
    sys.path.extend(path for path in paths if path not in sys.path)
    call, fold = pickle.loads(packed)
    return call(fold)
