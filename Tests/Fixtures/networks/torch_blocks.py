"""Residual, dense, gated and split blocks of convolutional networks, as PyTorch users write them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add


class Head(nn.Sequential):
    def __init__(self, channels: int, classes: int = 5) -> None:
        super().__init__(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))


def conv_bn(i: int, o: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(i, o, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(o)
    )


def conv_bn_relu(i: int, o: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return conv_bn(i, o, kernel, stride, groups).append(nn.ReLU())


@add(
    "residual-identity",
    "residual blocks with identity shortcuts",
    prunable="stem.0.weight a.0.weight",
    exporters="ts dynamo folded",
)
class ResidualIdentity(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_bn_relu(3, 16)
        self.a, self.b = conv_bn_relu(16, 12), conv_bn(12, 16)
        self.c, self.d = conv_bn_relu(16, 10), conv_bn(10, 16)
        self.head = Head(16)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = functional.relu(x + self.b(self.a(x)))
        return self.head(functional.relu(x + self.d(self.c(x))))


@add(
    "residual-projection",
    "a residual block with stride 2 and a 1x1 projection",
    prunable="stem.0.weight a.0.weight b.0.weight project.0.weight",
    exporters="ts dynamo folded",
)
class ResidualProjection(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_bn_relu(3, 10)
        self.a, self.b = conv_bn_relu(10, 14, stride=2), conv_bn(14, 18)
        self.project = conv_bn(10, 18, 1, 2)
        self.head = Head(18)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return self.head(functional.relu(self.b(self.a(x)) + self.project(x)))


@add(
    "residual-equal-biases",
    "an untrained projection block: the exporter stores equal parameters once, behind Identity",
    prunable="stem.0.weight a.0.weight",
    fresh=True,
)
class ResidualEqualBiases(ResidualProjection):
    pass


@add(
    "residual-option-a",
    "CIFAR ResNet's shortcut without weights: strided Slice of the map, Pad of the channels",
    prunable="stem.0.weight a.0.weight b.0.weight c.0.weight d.0.weight",
    exporters="ts dynamo folded",
)
class ResidualOptionA(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_bn_relu(3, 10)
        self.a, self.b = conv_bn_relu(10, 12, stride=2), conv_bn(12, 20)
        self.c, self.d = conv_bn_relu(20, 11), conv_bn(11, 20)
        self.head = Head(20)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        shortcut = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 5, 5), "constant", 0)
        x = functional.relu(self.b(self.a(x)) + shortcut)
        return self.head(functional.relu(self.d(self.c(x)) + x))


@add(
    "pre-activation",
    "pre-activation residual blocks: the trunk has no BatchNormalization of its own",
    prunable="stem.weight conv1.weight conv2.weight conv3.weight",
    exporters="ts folded",
)
class PreActivation(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1, self.conv1 = nn.BatchNorm2d(16), nn.Conv2d(16, 12, 3, padding=1, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm2d(12), nn.Conv2d(12, 16, 3, padding=1, bias=False)
        self.bn3, self.conv3 = nn.BatchNorm2d(16), nn.Conv2d(16, 10, 3, padding=1, bias=False)
        self.bn4, self.head = nn.BatchNorm2d(10), Head(10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.conv1(functional.relu(self.bn1(x)))
        x = x + self.conv2(functional.relu(self.bn2(y)))
        y = self.conv3(functional.relu(self.bn3(x)))
        return self.head(functional.relu(self.bn4(y)))


@add(
    "dense-block",
    "DenseNet: every layer reads the Concat of all before it through a BatchNormalization of its own",
    prunable="stem.weight layer0.weight layer1.weight transition.weight",
    exporters="ts dynamo",
)
class DenseBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 12, 3, padding=1, bias=False)
        self.bn0, self.layer0 = nn.BatchNorm2d(12), nn.Conv2d(12, 10, 3, padding=1, bias=False)
        self.bn1, self.layer1 = nn.BatchNorm2d(22), nn.Conv2d(22, 10, 3, padding=1, bias=False)
        self.bn2, self.transition = nn.BatchNorm2d(32), nn.Conv2d(32, 14, 1, bias=False)
        self.bn3, self.head = nn.BatchNorm2d(14), Head(14)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = torch.cat([x, self.layer0(functional.relu(self.bn0(x)))], 1)
        x = torch.cat([x, self.layer1(functional.relu(self.bn1(x)))], 1)
        x = functional.avg_pool2d(self.transition(functional.relu(self.bn2(x))), 2)
        return self.head(functional.relu(self.bn3(x)))


@add(
    "se-gate-conv",
    "squeeze-and-excitation with 1x1 convolutions and Sigmoid",
    prunable="conv.0.weight squeeze.weight",
    exporters="ts dynamo",
)
class SEGateConv(nn.Module):
    gate = staticmethod(torch.sigmoid)

    def __init__(self) -> None:
        super().__init__()
        self.conv = conv_bn_relu(3, 16)
        self.squeeze, self.excite = nn.Conv2d(16, 10, 1), nn.Conv2d(10, 16, 1)
        self.last, self.head = conv_bn_relu(16, 10), Head(10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        gate = self.gate(self.excite(functional.relu(self.squeeze(functional.adaptive_avg_pool2d(x, 1)))))
        return self.head(self.last(x * gate))


@add("se-gate-hardsigmoid", "the same with HardSigmoid", prunable="conv.0.weight squeeze.weight")
class SEGateHardSigmoid(SEGateConv):
    gate = staticmethod(functional.hardsigmoid)


@add(
    "se-gate-linear",
    "squeeze-and-excitation with linear layers: mean over the map, Gemm, view to [N,C,1,1], Expand",
    prunable="conv.0.weight squeeze.weight",
    exporters="ts dynamo",
)
class SEGateLinear(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = conv_bn_relu(3, 16)
        self.squeeze, self.excite = nn.Linear(16, 10, bias=False), nn.Linear(10, 16, bias=False)
        self.last, self.head = conv_bn_relu(16, 10), Head(10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        batch, channels, _, _ = x.size()
        gate = functional.adaptive_avg_pool2d(x, 1).view(batch, channels)
        gate = torch.sigmoid(self.excite(functional.relu(self.squeeze(gate)))).view(batch, channels, 1, 1)
        return self.head(self.last(x * gate.expand_as(x)))


@add(
    "inverted-residual",
    "MobileNet block: expansion, depthwise, SE, linear projection; ReLU6 and Hardswish",
    prunable="stem.0.weight expand.0.weight project.0.weight",
    exporters="ts dynamo folded",
)
class InvertedResidual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(*conv_bn(3, 12), nn.Hardswish())
        self.expand = nn.Sequential(*conv_bn(12, 20, 1), nn.ReLU6())
        self.depth = nn.Sequential(*conv_bn(20, 20, groups=20), nn.ReLU6())
        self.squeeze, self.excite = nn.Conv2d(20, 10, 1), nn.Conv2d(10, 20, 1)
        self.project = conv_bn(20, 12, 1)
        self.head = Head(12)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.depth(self.expand(x))
        gate = self.excite(functional.relu(self.squeeze(y.mean((2, 3), keepdim=True))))
        return self.head(x + self.project(y * functional.hardsigmoid(gate)))


@add(
    "silu",
    "SiLU, Hardswish and Mish of PyTorch",
    prunable="a.0.weight b.0.weight c.0.weight",
    exporters="ts dynamo",
)
class SiLU(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = conv_bn(3, 12), conv_bn(12, 10), conv_bn(10, 11)
        self.head = Head(11)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.hardswish(self.b(functional.silu(self.a(x))))
        return self.head(functional.mish(self.c(x)))


@add(
    "inception",
    "four branches of different widths and depths joined by Concat, one through a pool",
    prunable="a.0.weight b1.0.weight b2.0.weight c.0.weight",
)
class Inception(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_bn_relu(3, 12)
        self.a = conv_bn_relu(12, 10, 1)
        self.b1, self.b2 = conv_bn_relu(12, 6, 1), conv_bn_relu(6, 11)
        self.c = conv_bn_relu(12, 5, 1)
        self.head = Head(38)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        pooled = functional.max_pool2d(x, 3, 1, 1)
        return self.head(torch.cat([self.a(x), self.b2(self.b1(x)), self.c(pooled), pooled], 1))


@add(
    "c2f-chunk",
    "YOLO's C2f: chunk in two, bottlenecks with shortcuts on the second half, Concat of everything",
    prunable="first.0.weight inner.0.weight last.0.weight",
    exporters="ts dynamo",
)
class C2f(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.first = conv_bn_relu(3, 12), nn.Sequential(*conv_bn(12, 20, 1), nn.SiLU())
        self.inner, self.outer = conv_bn_relu(10, 12), conv_bn_relu(12, 10)
        self.last, self.head = conv_bn_relu(30, 14, 1), Head(14)

    def forward(self, x: Tensor) -> Tensor:
        parts = list(self.first(self.stem(x)).chunk(2, 1))
        parts.append(parts[-1] + self.outer(self.inner(parts[-1])))
        return self.head(self.last(torch.cat(parts, 1)))


@add(
    "slice-channels",
    "channels by Python slices: first part, rest, every second",
    prunable="a.0.weight b.0.weight",
    exporters="ts dynamo",
)
class SliceChannels(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.head = conv_bn_relu(3, 20), conv_bn_relu(12, 10), Head(18)

    def forward(self, x: Tensor) -> Tensor:
        x = self.a(x)
        return self.head(torch.cat([x[:, :8], self.b(x[:, 8:])], 1))


@add(
    "shufflenet-unit",
    "ShuffleNetV2's unit: chunk, depthwise branch, cat, shuffle by view and transpose",
    prunable="reduce.0.weight last.0.weight",
    exporters="ts dynamo",
)
class ShuffleNetUnit(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.reduce = conv_bn_relu(3, 20), conv_bn_relu(10, 10, 1)
        self.depth, self.expand = conv_bn(10, 10, groups=10), conv_bn_relu(10, 10, 1)
        self.last, self.head = conv_bn_relu(20, 12, 1), Head(12)

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.stem(x).chunk(2, dim=1)
        x = torch.cat([a, self.expand(self.depth(self.reduce(b)))], 1)
        batch, channels, height, width = x.size()
        x = x.view(batch, 2, channels // 2, height, width).transpose(1, 2).contiguous()
        return self.head(self.last(x.view(batch, channels, height, width)))
