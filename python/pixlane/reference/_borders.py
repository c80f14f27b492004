"""What lies outside of an image: the index that a border reads instead."""

from __future__ import annotations

from typing import Any


def border_index(xp: Any, index: Any, side: int, border: str) -> Any:
    """Return the pixels of 0..side-1 that ``index`` reads; for "constant" any pixel, see `is_inside`."""
    if border == "wrap":
        return index % side
    if border == "symmetric":
        within = index % (2 * side)
        return xp.minimum(within, 2 * side - 1 - within)
    if border == "reflect" and side > 1:
        within = index % (2 * side - 2)
        return xp.minimum(within, 2 * side - 2 - within)
    return xp.clip(index, 0, side - 1)


def is_inside(index: Any, side: int) -> Any:
    """Return where ``index`` is a pixel of the image."""
    return (index >= 0) & (index < side)
