"""Exports torchvision's networks to ONNX as people do: a folder for `coverage.py`.

    pip install torch torchvision onnxscript
    python Tests/Coverage/export.py FOLDER [NETWORK...] [--exporter torchscript]

The weights are random, from a fixed seed; what matters here is the shape of the graphs. Each network is written three
times: by the TorchScript exporter with BatchNormalization folded into convolutions (`.torchscript`), by the same with
BatchNormalization kept (`.train`), and by the exporter built on torch.export (`.dynamo`).
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
import torchvision
from torch import nn

CLASSIFIERS = [
    "alexnet",
    "convnext_tiny",
    "densenet121",
    "efficientnet_b0",
    "googlenet",
    "inception_v3",
    "mnasnet1_0",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "regnet_y_400mf",
    "resnet18",
    "resnet50",
    "resnet101",
    "resnext50_32x4d",
    "shufflenet_v2_x1_0",
    "squeezenet1_1",
    "vgg11",
    "vgg16_bn",
    "vit_b_32",
    "wide_resnet50_2",
]
SEGMENTERS = ["deeplabv3_resnet50", "fcn_resnet50", "lraspp_mobilenet_v3_large"]
IMAGE_SIZES = {"inception_v3": 299}
ARGUMENTS = {name: {"aux_logits": False, "init_weights": False} for name in ("googlenet", "inception_v3")}


class MainOutput(nn.Module):
    """A segmentation network gives a dictionary; this, the map of classes alone."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.network(image)["out"]


def build(name: str) -> nn.Module:
    torch.manual_seed(20)
    if name in SEGMENTERS:
        maker = getattr(torchvision.models.segmentation, name)
        network: nn.Module = MainOutput(maker(weights=None, weights_backbone=None))
    else:
        network = getattr(torchvision.models, name)(weights=None, **ARGUMENTS.get(name, {}))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):  # statistics as after training: each matters
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
        elif isinstance(module, nn.Linear) and not module.weight.any():  # else the output is 0, whatever went before
            nn.init.normal_(module.weight, std=0.02)
    return network.eval()


def torchscript(network: nn.Module, image: torch.Tensor, path: Path, *, training: bool = False) -> None:
    mode = torch.onnx.TrainingMode.PRESERVE if training else torch.onnx.TrainingMode.EVAL
    torch.onnx.export(
        network,
        (image,),
        str(path),
        dynamo=False,
        training=mode,
        do_constant_folding=not training,
        opset_version=17,
        input_names=["image"],
        output_names=["output"],
        dynamic_axes={"image": {0: "batch"}, "output": {0: "batch"}},
    )


def train(network: nn.Module, image: torch.Tensor, path: Path) -> None:
    torchscript(network, image, path, training=True)


def dynamo(network: nn.Module, image: torch.Tensor, path: Path) -> None:
    torch.onnx.export(
        network,
        (image,),
        str(path),
        dynamo=True,
        external_data=False,
        verbose=False,
        input_names=["image"],
        output_names=["output"],
    )


EXPORTERS: dict[str, Callable[[nn.Module, torch.Tensor, Path], None]] = {
    "torchscript": torchscript,
    "train": train,
    "dynamo": dynamo,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="all by default")
    parser.add_argument("--exporter", choices=list(EXPORTERS), action="append", help="all by default")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.networks or [*CLASSIFIERS, *SEGMENTERS]:
        size = IMAGE_SIZES.get(name, 224)
        network, image = build(name), torch.randn(1, 3, size, size)
        for exporter in options.exporter or EXPORTERS:
            path = options.folder / f"{name}.{exporter}.onnx"
            EXPORTERS[exporter](network, image, path)
            print(f"{path}  {path.stat().st_size / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    main()
