"""Heads, up-sampling, sequences and attention, as PyTorch users write them."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .catalogue import Catalogue
from .torch_blocks import Head, conv_bn, conv_bn_relu

CATALOGUE = Catalogue()
add = CATALOGUE.add


@add(
    "vgg-flatten",
    "VGG: convolutions, Flatten of a map, linear layers with Dropout",
    prunable="a.0.weight b.0.weight fc1.weight",
    exporters="ts dynamo folded",
)
class VGGFlatten(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = conv_bn_relu(3, 10), conv_bn_relu(10, 12)
        self.fc1, self.drop, self.fc2 = nn.Linear(108, 20), nn.Dropout(), nn.Linear(20, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.max_pool2d(self.b(functional.max_pool2d(self.a(x), 2)), 2)
        return self.fc2(self.drop(functional.relu(self.fc1(torch.flatten(x, 1)))))


@add(
    "view-computed",
    "x.view(x.size(0), -1) and x.view(-1, C*H*W)",
    prunable="a.0.weight fc1.weight",
    exporters="ts dynamo",
)
class ViewComputed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.fc1, self.fc2 = conv_bn_relu(3, 12, stride=3), nn.Linear(192, 16), nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.a(x)
        x = self.fc1(x.view(x.size(0), -1)) + self.fc1(x.view(-1, x.size(1) * x.size(2) * x.size(3)))
        return self.fc2(functional.relu(x))


@add(
    "conv-transpose-unet",
    "U-Net: ConvTranspose up-sampling, skips by Concat",
    prunable="down1.0.weight down2.0.weight up.weight merge.0.weight",
    exporters="ts dynamo folded",
    output_is_map=True,
)
class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down1, self.down2 = conv_bn_relu(3, 10), conv_bn_relu(10, 14)
        self.up, self.merge = nn.ConvTranspose2d(14, 11, 2, 2), conv_bn_relu(21, 12)
        self.last = nn.Conv2d(12, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        fine = self.down1(x)
        coarse = self.down2(functional.max_pool2d(fine, 2))
        return self.last(self.merge(torch.cat([fine, self.up(coarse)], 1)))


@add(
    "feature-pyramid",
    "FPN: lateral 1x1 convolutions, interpolate to the finer map's size, Add, two outputs",
    prunable="c2.0.weight c3.0.weight out2.0.weight",
    exporters="ts dynamo",
    dynamic_map=True,
)
class FeaturePyramid(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c2, self.c3 = conv_bn_relu(3, 10, stride=2), conv_bn_relu(10, 14, stride=2)
        self.lateral2, self.lateral3 = nn.Conv2d(10, 12, 1), nn.Conv2d(14, 12, 1)
        self.out2, self.box, self.score = conv_bn_relu(12, 11), nn.Conv2d(11, 4, 1), nn.Conv2d(12, 2, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        c2 = self.c2(x)
        top = self.lateral3(self.c3(c2))
        low = self.lateral2(c2) + functional.interpolate(top, size=c2.shape[-2:], mode="nearest")
        return self.box(self.out2(low)), torch.sigmoid(self.score(top))


@add(
    "interpolate-scale",
    "interpolate by scale factors, nearest and bilinear",
    prunable="a.0.weight b.0.weight",
    exporters="ts dynamo",
    dynamic_map=True,
)
class InterpolateScale(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = (
            conv_bn_relu(3, 12),
            conv_bn_relu(12, 10, stride=2),
            nn.Conv2d(10, 3, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.b(functional.interpolate(self.a(x), scale_factor=2, mode="nearest"))
        return self.c(functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False))


@add(
    "pixel-shuffle",
    "super-resolution: PReLU, a global shortcut and PixelShuffle",
    prunable="a.weight b.weight",
    exporters="ts dynamo",
)
class PixelShuffle(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.prelu = nn.Conv2d(3, 12, 3, padding=1), nn.PReLU(12)
        self.b, self.single = nn.Conv2d(12, 10, 3, padding=1), nn.PReLU()
        self.c = nn.Conv2d(10, 12, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.c(self.single(self.b(self.prelu(self.a(x)))))
        return functional.pixel_shuffle(x, 2)


@add(
    "instance-group-norm",
    "InstanceNorm2d with and without parameters, GroupNorm",
    prunable="a.weight b.weight d.weight",
    exporters="ts dynamo",
)
class InstanceGroupNorm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.in1 = nn.Conv2d(3, 12, 3, padding=1), nn.InstanceNorm2d(12, affine=True)
        self.b, self.in2 = nn.Conv2d(12, 10, 3, padding=1), nn.InstanceNorm2d(10)
        self.c, self.gn = nn.Conv2d(10, 12, 3, padding=1), nn.GroupNorm(3, 12)
        self.d, self.head = nn.Conv2d(12, 11, 3, padding=1), Head(11)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.in2(self.b(functional.relu(self.in1(self.a(x))))))
        return self.head(functional.relu(self.d(functional.relu(self.gn(self.c(x))))))


@add(
    "channels-last",
    "permute to NHWC, LayerNorm-free linear layers on the last axis, and back",
    prunable="a.0.weight fc1.weight fc2.weight",
)
class ChannelsLast(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.fc1, self.fc2 = conv_bn_relu(3, 12), nn.Linear(12, 16), nn.Linear(16, 10)
        self.head = Head(10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc2(functional.relu(self.fc1(self.a(x).permute(0, 2, 3, 1))))
        return self.head(x.permute(0, 3, 1, 2))


@add(
    "mean-over-map",
    "x.mean((2, 3)), amax, squeeze and unsqueeze",
    prunable="a.0.weight fc1.weight",
    exporters="ts dynamo",
)
class MeanOverMap(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.fc1, self.fc2 = conv_bn_relu(3, 12), nn.Linear(12, 10), nn.Linear(10, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.a(x)
        x = x.mean((2, 3)) + functional.adaptive_max_pool2d(x, 1).squeeze(-1).squeeze(-1)
        return self.fc2(functional.relu(self.fc1(x.unsqueeze(1))).squeeze(1))


@add(
    "convnext-block",
    "ConvNeXt: depthwise 7x7, permute, LayerNorm, MLP with GELU, layer scale, shortcut",
    prunable="fc1.weight",
    exporters="ts dynamo",
)
class ConvNeXtBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.depth = nn.Conv2d(3, 12, 2, 2), nn.Conv2d(12, 12, 7, padding=3, groups=12)
        self.norm, self.fc1, self.fc2 = nn.LayerNorm(12), nn.Linear(12, 40), nn.Linear(40, 12)
        self.scale, self.head = nn.Parameter(torch.rand(12)), Head(12)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.norm(self.depth(x).permute(0, 2, 3, 1))
        y = self.scale * self.fc2(functional.gelu(self.fc1(y)))
        return self.head(x + y.permute(0, 3, 1, 2))


@add(
    "mlp-gelu",
    "LayerNorm and MLP of a transformer, GELU exact and by tanh",
    prunable="fc1.weight fc3.weight",
    exporters="ts dynamo",
    tokens=True,
)
class MLPGelu(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(16)
        self.fc1, self.fc2 = nn.Linear(16, 30), nn.Linear(30, 16)
        self.fc3, self.fc4 = nn.Linear(16, 20), nn.Linear(20, 16)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.fc2(functional.gelu(self.fc1(self.norm(x))))
        return x + self.fc4(functional.gelu(self.fc3(x), approximate="tanh"))


@add(
    "attention",
    "multi-head attention written out: fused QKV, view to heads, scaled product, Softmax",
    prunable="fc1.weight",
    exporters="ts dynamo",
    tokens=True,
)
class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.project = nn.Linear(16, 48), nn.Linear(16, 16)
        self.fc1, self.fc2 = nn.Linear(16, 24), nn.Linear(24, 5)

    def forward(self, x: Tensor) -> Tensor:
        batch, time, width = x.shape
        q, k, v = self.qkv(x).reshape(batch, time, 3, 4, width // 4).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q @ k.transpose(-2, -1) / math.sqrt(width // 4)).softmax(-1)
        x = x + self.project((weights @ v).transpose(1, 2).reshape(batch, time, width))
        return self.fc2(functional.relu(self.fc1(x)))


@add(
    "attention-module",
    "nn.MultiheadAttention with nn.TransformerEncoderLayer's MLP",
    prunable="fc1.weight",
    exporters="ts dynamo",
    tokens=True,
)
class AttentionModule(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(16, 4, batch_first=True)
        self.norm, self.fc1, self.fc2 = nn.LayerNorm(16), nn.Linear(16, 24), nn.Linear(24, 16)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x + self.attention(x, x, x, need_weights=False)[0])
        return x + self.fc2(functional.relu(self.fc1(x)))


@add(
    "vision-transformer",
    "patches by a strided convolution, class token, positions, one block, classification of the token",
    prunable="fc1.weight",
    exporters="ts dynamo",
)
class VisionTransformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 16, 4, 4)
        self.token, self.position = nn.Parameter(torch.randn(1, 1, 16)), nn.Parameter(torch.randn(1, 10, 16))
        self.norm, self.fc1, self.fc2 = nn.LayerNorm(16), nn.Linear(16, 24), nn.Linear(24, 16)
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.position
        x = x + self.fc2(functional.gelu(self.fc1(self.norm(x))))
        return self.head(x[:, 0])


@add(
    "crnn",
    "text recognition: convolutions, the height squeezed away, a bidirectional LSTM, linear",
    prunable="a.0.weight b.0.weight",
    exporters="ts",
)
class CRNN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = conv_bn_relu(3, 12), conv_bn_relu(12, 10)
        self.lstm, self.fc = nn.LSTM(10, 6, bidirectional=True, batch_first=True), nn.Linear(12, 7)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.max_pool2d(self.b(functional.max_pool2d(self.a(x), 2)), (6, 1))
        x, _ = self.lstm(x.squeeze(2).permute(0, 2, 1))
        return self.fc(x).log_softmax(2)


@add(
    "half-torch",
    "model.half() as exported",
    prunable="a.0.weight b.0.weight",
    exporters="ts dynamo",
    dtype=torch.float16,
)
class HalfTorch(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.head = conv_bn_relu(3, 12), conv_bn_relu(12, 10), Head(10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.b(self.a(x)))


@add(
    "exchange",
    "two residual trunks that exchange channels by Concat and 1x1 convolutions (HRNet)",
    prunable="fuse.0.weight",
    exporters="ts dynamo",
)
class Exchange(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fine, self.coarse = conv_bn_relu(3, 10), conv_bn_relu(3, 14, stride=2)
        self.down, self.up = conv_bn(10, 14, stride=2), conv_bn(14, 10, 1)
        self.fuse, self.head = conv_bn_relu(24, 12, 1), Head(12)

    def forward(self, x: Tensor) -> Tensor:
        fine, coarse = self.fine(x), self.coarse(x)
        up = functional.interpolate(self.up(coarse), scale_factor=2.0, mode="nearest")
        fine, coarse = functional.relu(fine + up), functional.relu(coarse + self.down(fine))
        joined = torch.cat([functional.avg_pool2d(fine, 2), coarse], 1)
        return self.head(self.fuse(joined))
