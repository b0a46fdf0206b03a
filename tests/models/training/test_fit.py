"""Training by epochs: resume to the same bits, early stopping, curves, refusals."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Literal

import pytest
import torch
from tiny_fit import adam, tiny_batches, tiny_data, tiny_fit, tiny_network
from torch import Tensor, nn

from models.errors import SpecMismatch, TrainingFailed
from models.training.fit import Epoch, FitResult, FitSettings, Stopped, evaluate, fit, right

SETTINGS = FitSettings(epochs=4, seed=3, identity="tiny")


def bits(network: nn.Module) -> dict[str, bytes]:
    return {name: value.numpy().tobytes() for name, value in network.state_dict().items()}


class Cut(Exception):
    """The power went off."""


def cut_short(work: Path, after: int) -> None:
    """A run that ends in the middle of the epoch ``after`` + 1."""
    x, y = tiny_data(1)

    def batches(epoch: int):
        for number, batch in enumerate(tiny_batches(x, y, epoch)):
            if epoch == after and number == 1:
                raise Cut
            yield batch

    held = tiny_data(2)
    with pytest.raises(Cut):
        fit(tiny_network(), batches, lambda: [held], nn.functional.cross_entropy, adam, SETTINGS, work)


@pytest.mark.parametrize("after", [1, 3])
def test_resumed_run_has_the_bits_of_an_uninterrupted_one(tmp_path: Path, after: int) -> None:
    whole, expected = tiny_fit(tmp_path / "whole", SETTINGS)
    cut_short(tmp_path / "cut", after)
    torch.manual_seed(12345)  # whatever happened between
    resumed, result = tiny_fit(tmp_path / "cut", SETTINGS, tiny_network(seed=99))
    assert result == expected
    assert bits(resumed) == bits(whole)
    assert (tmp_path / "cut" / "curves.csv").read_bytes() == (tmp_path / "whole" / "curves.csv").read_bytes()


def test_another_seed_gives_another_network(tmp_path: Path) -> None:
    one, _ = tiny_fit(tmp_path / "1", SETTINGS)
    other, _ = tiny_fit(tmp_path / "2", FitSettings(epochs=4, seed=4, identity="tiny"))
    assert bits(one) != bits(other)


def test_finished_run_is_not_trained_again_but_can_be_lengthened(tmp_path: Path) -> None:
    network, first = tiny_fit(tmp_path, SETTINGS)
    again, second = tiny_fit(tmp_path, SETTINGS, tiny_network(seed=5))
    assert (second, bits(again)) == (first, bits(network))
    _, longer = tiny_fit(tmp_path, FitSettings(epochs=6, seed=3, identity="tiny"))
    assert longer.epochs_run == 6
    assert longer.curves[:4] == first.curves


def test_learns_and_writes_curves(tmp_path: Path) -> None:
    _, result = tiny_fit(tmp_path, SETTINGS)
    assert result.curves[-1].train_loss < result.curves[0].train_loss
    with (tmp_path / "curves.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [Epoch(int(row.pop("epoch")), *map(float, row.values())) for row in rows] == list(result.curves)


def scripted(
    tmp_path: Path, losses: list[float], patience: int | None, keep: Literal["best", "last"] = "best"
) -> tuple[nn.Module, FitResult]:
    """A network of one weight that counts its epochs, judged by a script of validation losses."""
    network = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(network.weight)

    class Count(torch.optim.SGD):
        def step(self, closure=None):  # type: ignore[no-untyped-def]
            with torch.no_grad():
                network.weight.add_(1.0)

    def loss(logits: Tensor, target: Tensor) -> Tensor:
        return logits.sum() * 0.0 + (0.0 if network.training else losses[int(network.weight.item()) - 1])

    row = (torch.ones(1, 1), torch.zeros(1, dtype=torch.int64))
    result = fit(
        network,
        lambda epoch: [row],
        lambda: [row],
        loss,
        lambda net: Count(net.parameters(), lr=1.0),
        FitSettings(epochs=len(losses), patience=patience, keep=keep),
        tmp_path,
    )
    return network, result


def test_early_stopping_keeps_the_best_epoch(tmp_path: Path) -> None:
    network, result = scripted(tmp_path, [3.0, 1.0, 2.0, 1.0, 0.5], patience=2)
    assert (result.epochs_run, result.best_epoch, result.stopped) == (4, 2, Stopped.NO_LONGER_BETTER)
    assert network.weight.item() == 2.0
    assert result.best.validation_loss == 1.0


def test_without_patience_all_epochs_are_run(tmp_path: Path) -> None:
    network, result = scripted(tmp_path, [3.0, 1.0, 2.0, 1.0, 0.5], patience=None)
    assert (result.epochs_run, result.best_epoch, result.stopped) == (5, 5, Stopped.EPOCHS_DONE)
    assert network.weight.item() == 5.0


def test_the_last_epochs_weights_can_be_kept_whatever_validation_says(tmp_path: Path) -> None:
    network, result = scripted(tmp_path, [3.0, 1.0, 2.0], patience=None, keep="last")
    assert (result.best_epoch, result.best.validation_loss) == (3, 2.0)
    assert network.weight.item() == 3.0
    with pytest.raises(SpecMismatch, match="patience means nothing"):
        scripted(tmp_path / "other", [1.0], patience=1, keep="last")


def test_stopped_run_stays_stopped_when_resumed(tmp_path: Path) -> None:
    scripted(tmp_path, [1.0, 2.0, 2.0, 0.1], patience=2)
    _, result = scripted(tmp_path, [1.0, 2.0, 2.0, 0.1], patience=2)
    assert result.epochs_run == 3


def test_accuracy_can_be_watched_instead(tmp_path: Path) -> None:
    settings = FitSettings(epochs=3, watch="validation_accuracy")
    _, result = tiny_fit(tmp_path, settings)
    assert result.best.validation_accuracy == max(epoch.validation_accuracy for epoch in result.curves)


def test_without_validation_the_last_epoch_is_kept(tmp_path: Path) -> None:
    x, y = tiny_data(1)
    result = fit(tiny_network(), lambda e: [(x, y)], None, nn.functional.cross_entropy, adam, SETTINGS, tmp_path)
    assert result.best_epoch == 4
    assert math.isnan(result.best.validation_loss)


def test_callers_random_state_is_left_alone(tmp_path: Path) -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    tiny_fit(tmp_path, FitSettings(epochs=1))
    assert torch.equal(torch.rand(3), expected)


def test_checkpoint_of_something_else_is_refused(tmp_path: Path) -> None:
    tiny_fit(tmp_path, SETTINGS)
    with pytest.raises(SpecMismatch, match="belongs to other settings"):
        tiny_fit(tmp_path, FitSettings(epochs=4, seed=3, identity="other data"))
    with pytest.raises(SpecMismatch, match="cannot be resumed from"):
        tiny_fit(tmp_path, SETTINGS, nn.Sequential(nn.Flatten(), nn.Linear(64, 3)))


def test_damaged_checkpoint_is_one_line(tmp_path: Path) -> None:
    tiny_fit(tmp_path, SETTINGS)
    (tmp_path / "checkpoint.pt").write_bytes(b"half a file")
    with pytest.raises(SpecMismatch, match=r"checkpoint\.pt: cannot be resumed from") as raised:
        tiny_fit(tmp_path, SETTINGS)
    assert "\n" not in str(raised.value)


def test_diverged_run_says_so_and_keeps_the_checkpoint_before(tmp_path: Path) -> None:
    row = (torch.ones(1, 1), torch.zeros(1, dtype=torch.int64))

    def loss(logits: Tensor, target: Tensor) -> Tensor:
        return logits.sum() * math.nan

    with pytest.raises(TrainingFailed, match="epoch 1"):
        fit(nn.Linear(1, 2), lambda e: [row], None, loss, adam, SETTINGS, tmp_path)
    assert not (tmp_path / "checkpoint.pt").exists()


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"epochs": 2, "patience": 0}])
def test_senseless_settings_are_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(SpecMismatch, match="at least 1"):
        tiny_fit(tmp_path, FitSettings(**wrong))


def test_evaluate_weighs_batches_by_rows() -> None:
    x, y = tiny_data(4, rows=20)
    network = tiny_network().eval()
    whole = evaluate(network, [(x, y)], nn.functional.cross_entropy)
    parts = evaluate(network, [(x[:17], y[:17]), (x[17:], y[17:])], nn.functional.cross_entropy)
    assert parts == pytest.approx(whole, rel=1e-6)
    assert all(math.isnan(value) for value in evaluate(network, [], nn.functional.cross_entropy))


def test_right_counts_classes_and_known_labels() -> None:
    assert right(torch.tensor([[1.0, 2.0], [3.0, 0.0]]), torch.tensor([1, 1])).tolist() == [1.0, 0.0]
    labels = torch.tensor([[1.0, 0.0, math.nan], [1.0, 1.0, 1.0]])
    assert right(torch.tensor([[2.0, 1.0, 5.0], [1.0, 1.0, -1.0]]), labels).tolist() == pytest.approx([0.5, 2 / 3])
