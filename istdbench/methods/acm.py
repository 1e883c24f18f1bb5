"""ACM, asymmetric contextual modulation (Dai et al., WACV 2021): low and high levels of a network weight each other.

| symbol | meaning | where |
|---|---|---|
| X, Y | low-level map; high-level map, brought to X's size and channels | Section 3 |
| G(Y) | top-down: weights of channels from the whole image, through a bottleneck of a quarter | global modulation |
| L(X) | bottom-up: weights of channels at each pixel, likewise | point-wise modulation |
| Z | 2 G(Y) X + 2 L(X) Y, then a 3 x 3 convolution; the factor 2 is the released code's | asymmetric modulation |
| b | residual blocks a stage, 4 | ablation on depth |

The definition followed is the authors' (YimianDai/open-acm, MXNet, `model/segmentation.py` and `fusion.py`). It resizes
with aligned corners and normalises the image without learned scale and offset. Others that are called ACM differ:
- The PyTorch port (Tianfang-Zhang/acm-pytorch) resizes without aligned corners, learns scale and offset of the image,
  and has a 1 x 1 convolution before the fusions of the U-Net too, where the authors have one in the FPN only.
- The port in BasicIRSTD has three blocks a stage, b = 3.
- `stem`: the authors' commands train a stem of stride 4 ("quarter"), and its costs are those that papers print. The
  weights that they released have one of stride 1 ("full"), with 15 times the multiply-accumulates.
`fusion=top_down` is G(Y) X + Y and `bottom_up` is X + L(X) Y, the asymmetric fusion with one of its two ways. The
code has only a `TopDownGlobal`, with a G of one projection.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.layers import channel_attention, conv_bn_relu, fcn_head, pad_to_multiple, residual_stage
from istdbench.methods.spec import Method, Option

CHANNELS = (16, 32, 64)
BLOCKS = 4
STRIDE = 16  # of the last stage with the quarter stem
PRELU_SLOPE = 0.25


class Fusion(nn.Module):
    """Low-level map X and high-level map Y of one shape to one map."""

    def __init__(self, channels: int, kind: str) -> None:
        """
        Args:
            kind: "asym_bi", "top_down" or "bottom_up".
        """
        super().__init__()
        self.top_down = channel_attention(channels, pooled=True) if kind != "bottom_up" else None
        self.bottom_up = channel_attention(channels, pooled=False) if kind != "top_down" else None
        self.gain = 2 if kind == "asym_bi" else 1
        self.post = conv_bn_relu(channels, channels)

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        """X and Y (B, C, H, W) to Z, the same shape."""
        weighted_low = low if self.top_down is None else low * self.top_down(high)
        weighted_high = high if self.bottom_up is None else high * self.bottom_up(low)
        return self.post(self.gain * (weighted_low + weighted_high))


class ResidualEncoder(nn.Module):
    """Stem and three residual stages."""

    def __init__(self, stem: nn.Module) -> None:
        """
        Args:
            stem: normalised image to a map of CHANNELS[0].
        """
        super().__init__()
        low, middle, high = CHANNELS
        self.norm = nn.BatchNorm2d(3, affine=False)
        self.stem = stem
        self.stages = nn.ModuleList(
            [
                residual_stage(low, low, BLOCKS),
                residual_stage(low, middle, BLOCKS, stride=2),
                residual_stage(middle, high, BLOCKS, stride=2),
            ]
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        """Image (B, 3, H, W) to maps of CHANNELS, finest first; each side half of the one before, rounded up."""
        x, maps = self.stem(self.norm(image)), []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


class ACM(nn.Module):
    """Encoder, then level by level: the coarser map raised, fused with the finer one, refined."""

    def __init__(
        self,
        *,
        encoder: nn.Module,
        raisings: Sequence[nn.Module],
        fusions: Sequence[nn.Module],
        refinements: Sequence[nn.Module],
        head: nn.Module,
    ) -> None:
        """
        Args:
            encoder: image with sides that are multiples of 16 to maps, finest first.
            raisings: coarsest first, a map to the next finer one's shape.
            fusions: as many, finer map and raised map to one.
            refinements: as many, each keeping its map's shape.
            head: finest map to logits.
        """
        super().__init__()
        self.encoder = encoder
        self.raisings = nn.ModuleList(raisings)
        self.fusions = nn.ModuleList(fusions)
        self.refinements = nn.ModuleList(refinements)
        self.head = head

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 3, H, W) to logits (B, 1, H, W)."""
        padded, crop = pad_to_multiple(image, STRIDE)
        *finer, x = self.encoder(padded)
        for raising, fusion, refinement, low in zip(
            self.raisings, self.fusions, self.refinements, reversed(finer), strict=True
        ):
            x = refinement(fusion(low, raising(x)))
        logits = F.interpolate(self.head(x), size=padded.shape[-2:], mode="bilinear", align_corners=True)
        return crop(logits)


def quarter_stem() -> nn.Sequential:
    """Three 3 x 3 convolutions and a maximum over 3 x 3 pixels: stride 4."""
    half = CHANNELS[0] // 2
    return nn.Sequential(
        *conv_bn_relu(3, half, stride=2, bias=False),
        *conv_bn_relu(half, half, bias=False),
        *conv_bn_relu(half, CHANNELS[0], bias=False),
        nn.MaxPool2d(3, stride=2, padding=1),
    )


def full_stem() -> nn.Sequential:
    """One 3 x 3 convolution: stride 1."""
    return conv_bn_relu(3, CHANNELS[0], bias=False)


def initialise(module: nn.Module) -> None:
    """MXNet's `MSRAPrelu`, which the authors' code uses: He et al. 2015 over the mean of fan-in and fan-out."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        fan = math.prod(module.kernel_size) * (module.in_channels + module.out_channels) / 2
        nn.init.normal_(module.weight, std=math.sqrt(2 / (1 + PRELU_SLOPE**2) / fan))
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def build(backbone: str = "unet", fusion: str = "asym_bi", stem: str = "quarter") -> nn.Module:
    """The untrained network: images (B, 3, H, W) of any size to logits (B, 1, H, W).

    Args:
        backbone: "unet" or "fpn".
        fusion: "asym_bi", "top_down" or "bottom_up".
        stem: "quarter" or "full".
    """
    low, middle, high = CHANNELS
    steps = [(high, middle), (middle, low)]

    def raising(source: int, target: int) -> nn.Module:
        if backbone == "unet":
            return nn.ConvTranspose2d(source, target, 4, stride=2, padding=1)
        doubling = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        return nn.Sequential(doubling, *conv_bn_relu(source, target, 1))

    network = ACM(
        encoder=ResidualEncoder(quarter_stem() if stem == "quarter" else full_stem()),
        raisings=[raising(*step) for step in steps],
        fusions=[Fusion(target, fusion) for _, target in steps],
        refinements=[
            residual_stage(target, target, BLOCKS) if backbone == "unet" else nn.Identity() for _, target in steps
        ],
        head=fcn_head(low),
    )
    return network.apply(initialise)


ACM_METHOD = Method(
    name="acm",
    kind="learned",
    summary="asymmetric contextual modulation: low and high levels of a U-Net or FPN weight each other's channels",
    paper="Dai et al., Asymmetric Contextual Modulation for Infrared Small Target Detection, WACV 2021",
    options={
        "backbone": Option("unet", "decoder: U-Net with residual blocks, or feature pyramid", choices=("unet", "fpn")),
        "fusion": Option(
            "asym_bi",
            "who weights whom: both ways, high level the low one, or low level the high one",
            choices=("asym_bi", "top_down", "bottom_up"),
        ),
        "stem": Option(
            "quarter",
            "size of the first maps: a quarter of the image's sides, or the image's (for the authors' weights)",
            choices=("quarter", "full"),
        ),
    },
    build=build,
    in_channels=3,
    recipe={
        "epochs": 300,
        "batch": 8,
        "losses": {"soft_iou": 1.0},
        "optimizer": {"type": "Adagrad", "lr": 0.05, "weight_decay": 1e-4},
        "schedule": {"type": "constant"},
        "augmentation": {"crop": 480, "target_bias": 0.0, "flips": True, "transpose": False, "zoom": (0.5, 2.0)},
    },
)
