"""The papers' architectures: raw outputs of the right shape, the published sizes, named layers, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from models.errors import DataInvalid, DataMissing, SpecMismatch
from models.folding import folded
from models.networks import levi_hassner, paper_resnet18, small_cnn, vgg16
from models.networks.vgg16_weights import load_imagenet

SMALL = {
    "small_cnn": (lambda: small_cnn.build(outputs=3, input_px=32, width=0.125), 32, 3),
    "vgg16": (lambda: vgg16.build(outputs=8, input_px=64, width=1 / 32), 64, 8),
    "levi_hassner": (lambda: levi_hassner.build(outputs=2, input_px=67, width=1 / 16), 67, 2),
    "paper_resnet18": (lambda: paper_resnet18.build(outputs=8, width=4), 64, 8),
    "paper_resnet18, three stages": (lambda: paper_resnet18.build(outputs=5, width=4, stacks=(2, 3, 3, 0)), 64, 5),
}


@pytest.mark.parametrize("name", SMALL)
def test_gives_raw_outputs_and_the_layers_it_names(name: str) -> None:
    make, side, outputs = SMALL[name]
    torch.manual_seed(0)
    network = make().eval()
    x = torch.rand(2, 3, side, side)
    seen: list[torch.Size] = []
    network.get_submodule(network.cam_layer).register_forward_hook(lambda _m, _i, out: seen.append(out.shape))
    with torch.no_grad():
        logits, features = network(x), network.features(x)
    assert logits.shape == (2, outputs)
    assert not torch.allclose(logits.softmax(1), logits), "raw outputs, not probabilities"
    assert features.ndim == 4
    assert seen[0][:2] == features.shape[:2]
    assert not any(module.inplace for module in network.modules() if isinstance(module, nn.ReLU))


@pytest.mark.parametrize(
    ("stacks", "side", "millions", "last"), [((2, 2, 2, 2), 112, 11.17, 512), ((2, 3, 3, 0), 64, 4.25, 256)]
)
def test_reduced_resnets_have_the_published_sizes(
    stacks: tuple[int, ...], side: int, millions: float, last: int
) -> None:
    network = paper_resnet18.build(stacks=stacks).eval()
    assert round(paper_resnet18.convolution_parameters(network) / 1e6, 2) == millions
    everything = sum(parameter.numel() for parameter in network.parameters())
    assert everything / 1e6 == pytest.approx(millions, abs=0.02)
    layers = sum(isinstance(m, nn.Conv2d) and m.kernel_size != (1, 1) for m in network.modules()) + 1
    assert layers == 18
    with torch.no_grad():
        features = network.features(torch.rand(1, 3, side, side))
    assert features.shape == (1, last, 4, 4)


def test_vgg16_has_the_size_that_everyone_knows_and_its_blocks_by_name() -> None:
    network = vgg16.build(outputs=10, dense=())
    blocks = sum(parameter.numel() for name, parameter in network.named_parameters() if name.startswith("B"))
    assert blocks == 14_714_688
    assert network.head.logits.in_features == 512 * 7 * 7
    for count, name in ((2, "B1"), (2, "B2"), (3, "B3"), (3, "B4"), (3, "B5")):
        assert sum(isinstance(m, nn.Conv2d) for m in network.get_submodule(name)) == count
    assert [type(m) for m in vgg16.build(outputs=2, input_px=32, width=0.01, dense=()).head] == [nn.Linear]


@pytest.mark.parametrize("blocks", range(6))
def test_frozen_blocks_do_not_learn_and_all_else_does(blocks: int) -> None:
    network = vgg16.build(outputs=2, input_px=32, width=0.02, dense=())
    vgg16.freeze(network, 5)
    vgg16.freeze(network, blocks)
    learning = {name.split(".")[0] for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert learning == {"head", *(f"B{number}" for number in range(blocks + 1, 6))}
    with pytest.raises(SpecMismatch, match="5 blocks, 6 cannot"):
        vgg16.freeze(network, 6)


def test_a_vgg16_that_learnt_with_batchnorm_folds_into_the_plain_one() -> None:
    learnt = vgg16.build(outputs=3, input_px=32, width=1 / 16, dense=(), normalised=True)
    learnt.train()
    learnt(torch.randn(16, 3, 32, 32) * 2 + 1)  # statistics of its own
    plain = vgg16.build(outputs=3, input_px=32, width=1 / 16, dense=())
    plain.load_state_dict(folded(learnt).state_dict())
    x = torch.randn(4, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(plain.eval()(x), learnt.eval()(x), rtol=1e-4, atol=1e-5)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in plain.modules())


def test_levi_hassner_at_227_px_has_the_papers_maps() -> None:
    network = levi_hassner.build(outputs=8).eval()
    shapes: list[torch.Size] = []
    for stage in network.stages:
        stage.register_forward_hook(lambda _m, _i, out: shapes.append(out.shape[1:]))
    with torch.no_grad():
        network(torch.rand(1, 3, 227, 227))
    assert shapes == [(96, 28, 28), (256, 14, 14), (384, 7, 7)]
    assert network.head[0].in_features == 384 * 7 * 7
    assert sum(isinstance(m, nn.LocalResponseNorm) for m in network.modules()) == 2
    levi_hassner.dense_only(network)
    assert {n.split(".")[0] for n, p in network.named_parameters() if p.requires_grad} == {"head"}


def torchvision_like(width: float = 1 / 32) -> dict[str, torch.Tensor]:
    """A state dict in torchvision's names; a narrow one, since the real one has half a gigabyte."""
    torch.manual_seed(5)
    ours = vgg16.build(outputs=1000, input_px=224, width=width)
    places = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    state = {}
    convolutions = [m for m in ours.modules() if isinstance(m, nn.Conv2d)]
    for place, module in zip(places, convolutions, strict=True):
        state |= {f"features.{place}.weight": module.weight, f"features.{place}.bias": module.bias}
    for place, module in zip((0, 3, 6), [m for m in ours.modules() if isinstance(m, nn.Linear)], strict=True):
        state |= {f"classifier.{place}.weight": module.weight, f"classifier.{place}.bias": module.bias}
    return {name: value.detach() for name, value in state.items()}


def test_imagenet_weights_fill_convolutions_and_fitting_dense_layers(tmp_path: Path) -> None:
    state = torchvision_like()
    torch.save(state, tmp_path / "vgg16.pth")
    network = vgg16.build(outputs=8, width=1 / 32)
    last = network.head.logits.weight.clone()
    filled = load_imagenet(network, tmp_path / "vgg16.pth")
    assert len(filled) == 15
    assert filled[0] == "B1.conv1"
    assert filled[-1] == "head.dense2"
    assert torch.equal(network.B5.conv3.bias, state["features.28.bias"])
    assert torch.equal(network.head.dense2.weight, state["classifier.3.weight"])
    assert torch.equal(network.head.logits.weight, last)
    single = vgg16.build(outputs=8, input_px=64, width=1 / 32, dense=())
    assert len(load_imagenet(single, tmp_path / "vgg16.pth")) == 13


def test_weights_that_do_not_fit_are_refused_in_one_line(tmp_path: Path) -> None:
    network = vgg16.build(outputs=8, input_px=32, width=1 / 16, dense=())
    before = network.B1.conv1.weight.clone()
    with pytest.raises(DataMissing, match="no such file; save torchvision's vgg16"):
        load_imagenet(network, tmp_path / "absent.pth")
    (tmp_path / "text.pth").write_text("not weights")
    with pytest.raises(DataInvalid, match="cannot be read as a state dict"):
        load_imagenet(network, tmp_path / "text.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(DataInvalid, match="holds no state dict"):
        load_imagenet(network, tmp_path / "list.pth")
    torch.save({"features.0.weight": torch.zeros(1)}, tmp_path / "one.pth")
    with pytest.raises(DataInvalid, match="1 convolutions, VGG16 has 13"):
        load_imagenet(network, tmp_path / "one.pth")
    torch.save(torchvision_like(), tmp_path / "narrow.pth")
    with pytest.raises(SpecMismatch, match=r"B1.conv1 wants weights \(4, 3, 3, 3\), found \(2, 3, 3, 3\)"):
        load_imagenet(network, tmp_path / "narrow.pth")
    assert torch.equal(network.B1.conv1.weight, before)


def test_inputs_too_small_are_refused() -> None:
    with pytest.raises(SpecMismatch, match="16 px or more, got 15"):
        small_cnn.build(input_px=15)
    with pytest.raises(SpecMismatch, match="multiple of 32 px, got 48"):
        vgg16.build(outputs=2, input_px=48)
    with pytest.raises(SpecMismatch, match="51 px or more, got 30"):
        levi_hassner.build(outputs=2, input_px=30)
    with pytest.raises(SpecMismatch, match="the first at least 1"):
        paper_resnet18.build(stacks=(0, 2))
