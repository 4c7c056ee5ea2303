"""Random networks, each from an integer alone, assembled from the blocks of real ones.

`draw(seed)` is all that the test needs; `blocks.py` says how a block is declared, and each of the other files
holds the blocks of one kind.
"""

from .drawing import Drawn, draw

__all__ = ["Drawn", "draw"]
