"""How a block is declared, and how one is drawn that fits a value.

A block is a function that takes the network and a value and returns the value that it makes of it. Blocks
that hold others draw them by `draw_some`, so that they nest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .values import Value

if TYPE_CHECKING:
    from .assembly import Assembly

MAP, TOKENS, FEATURES = "map", "tokens", "features"
Make = Callable[["Assembly", Value], Value]


@dataclass(frozen=True)
class Block:
    name: str
    make: Make
    #: Which kind of value it continues: a map [batch, width, *extents], tokens or maps [batch, *extents,
    #: width], or features [batch, width].
    kinds: tuple[str, ...]
    #: How often it is drawn, relative to others.
    weight: float
    #: Opsets that have what it is made of.
    since: int
    until: int
    #: Axes beside batch and channels that it can do with.
    ranks: tuple[int, ...] | None
    #: It leaves the extents as they are.
    keeps: bool
    #: It holds other blocks.
    nests: bool
    #: What else must hold of the network and the value.
    when: Callable[[Assembly, Value], bool] | None

    def fits(self, net: Assembly, x: Value, *, keeps: bool) -> bool:
        return (
            kind(x) in self.kinds
            and self.since <= net.opset <= self.until
            and (self.ranks is None or x.rank in self.ranks)
            and (self.keeps or not keeps)
            and (not self.nests or net.depth < net.deepest)
            and (self.when is None or self.when(net, x))
        )


BLOCKS: list[Block] = []


def kind(x: Value) -> str:
    return FEATURES if x.rank == 0 else TOKENS if x.last else MAP


def block(
    *kinds: str,
    weight: float = 1.0,
    since: int = 7,
    until: int = 99,
    ranks: tuple[int, ...] | None = None,
    keeps: bool = True,
    nests: bool = False,
    when: Callable[[Assembly, Value], bool] | None = None,
) -> Callable[[Make], Make]:
    """Declares the decorated function a block for values of these kinds."""

    def declare(make: Make) -> Make:
        BLOCKS.append(Block(make.__name__, make, kinds, weight, since, until, ranks, keeps, nests, when))
        return make

    return declare


def draw_one(net: Assembly, x: Value, *, keeps: bool = False) -> Value:
    """A block that fits, at random, logged with what it drew itself."""
    allowed = net.allowed or {b.name for b in BLOCKS}
    fitting = [b for b in BLOCKS if b.name in allowed - net.skipped and b.fits(net, x, keeps=keeps)]
    weights = [b.weight for b in fitting]
    total = sum(weights)
    chosen = fitting[int(net.random.choice(len(fitting), p=[w / total for w in weights]))]
    net.log.append(f"{'  ' * net.depth}{chosen.name} <- {x.name} [{x.width}] {list(x.extents)}")
    net.depth += 1
    made = chosen.make(net, x)
    net.depth -= 1
    return made


def draw_some(net: Assembly, x: Value, count: int, *, keeps: bool = False) -> Value:
    for _ in range(count):
        x = draw_one(net, x, keeps=keeps)
    return x
