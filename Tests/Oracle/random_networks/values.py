"""What a block has to know of the tensor that it continues."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

#: Lengths of the axes that are neither batch nor channels, once for each run: two, so that open axes differ.
Extents = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Value:
    """A tensor [batch, width, *extents], or [batch, *extents, width] where `last`."""

    name: str
    width: int
    extents: Extents
    last: bool = False

    @property
    def rank(self) -> int:
        """How many axes there are beside batch and channels: 0 for features, 2 for a map."""
        return len(self.extents[0])

    @property
    def axis(self) -> int:
        """The channels' axis."""
        return self.rank + 1 if self.last else 1

    @property
    def fixed(self) -> bool:
        """Whether every run has the same extents, so that they may be written into the graph."""
        return len(set(self.extents)) == 1

    @property
    def smallest(self) -> int:
        """The shortest extent of any run."""
        return min((e for run in self.extents for e in run), default=1)

    @property
    def area(self) -> int:
        """Elements a channel has in the first run."""
        return math.prod(self.extents[0])

    def named(self, name: str, width: int | None = None, extents: Extents | None = None) -> Value:
        """What a node made of this value."""
        return replace(
            self,
            name=name,
            width=self.width if width is None else width,
            extents=self.extents if extents is None else extents,
        )
