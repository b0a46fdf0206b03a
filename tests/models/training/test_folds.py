"""Folds in this process, in processes and over a local Ray: the same numbers, and failures that can be understood."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tiny_fit import dying_fold, failing_fold, met_fold, threads_of, tiny_fold

from models.errors import DataMissing, TrainingFailed
from models.training.folds import LOOPBACK, Workers, run_folds, workers_of

FOLDS = [2, 0, 1]


@pytest.mark.filterwarnings("ignore::ResourceWarning:ray.*", "ignore::ResourceWarning:subprocess")
@pytest.mark.parametrize("workers", [2, "ray"])
def test_same_numbers_wherever_the_folds_run(tmp_path: Path, workers: Workers) -> None:
    here = run_folds(functools.partial(tiny_fold, tmp_path / "here"), FOLDS, 1)
    told: list[tuple[str, int, int]] = []
    there = run_folds(
        functools.partial(tiny_fold, tmp_path / "there"), FOLDS, workers, progress=lambda *one: told.append(one)
    )
    assert [fold for fold, _, _ in here] == FOLDS
    assert there == here
    assert "RAY_AUTH_TOKEN" not in os.environ
    assert told == [("folds", 1, 3), ("folds", 2, 3), ("folds", 3, 3)]


def test_every_fold_has_the_same_threads_and_the_caller_keeps_its_own() -> None:
    before = torch.get_num_threads()
    assert run_folds(threads_of, [0, 1], 1, threads=2) == [2, 2]
    assert run_folds(threads_of, [0], 2, threads=1) == [1]
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("workers", [1, 2])
def test_a_folds_error_arrives_as_it_was(workers: int) -> None:
    with pytest.raises(DataMissing, match="fold 1: no pictures"):
        run_folds(failing_fold, [0, 1, 2], workers)


def test_a_dead_process_is_said() -> None:
    with pytest.raises(TrainingFailed, match="a worker process died"):
        run_folds(dying_fold, [0, 1], 2)


def test_no_folds_no_results() -> None:
    assert run_folds(failing_fold, [], 2) == []


def test_fewer_than_one_worker_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        run_folds(failing_fold, [0], 0)


@pytest.mark.parametrize(("text", "meant"), [("3", 3), ("ray", "ray"), ("ray://head:10001", "ray://head:10001")])
def test_workers_by_one_setting(text: str, meant: Workers) -> None:
    assert workers_of(text) == meant


@pytest.fixture
def two_nodes() -> Iterator[str]:
    """The address of a Ray cluster of two nodes with one processor each, on the loopback address alone."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "node_ip_address": LOOPBACK}
    head = {**node, "include_dashboard": False, "_system_config": {"enable_metrics_collection": False}}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        cluster.add_node(**node)
        yield cluster.address
    finally:
        cluster.shutdown()


@pytest.mark.live
@pytest.mark.filterwarnings("ignore::ResourceWarning:ray.*", "ignore::ResourceWarning:subprocess")
def test_over_a_cluster_of_two_nodes_the_numbers_are_those_of_this_machine(tmp_path: Path, two_nodes: str) -> None:
    here = run_folds(functools.partial(met_fold, tmp_path / "here", 1), FOLDS[:2], 1)
    there = run_folds(functools.partial(met_fold, tmp_path / "there", 2), FOLDS[:2], two_nodes)
    assert [numbers for _, numbers in there] == [numbers for _, numbers in here]
    nodes = {node for node, _ in there}
    assert len(nodes) == 2, "each fold ran on a node of its own"
    assert nodes.isdisjoint({node for node, _ in here})
