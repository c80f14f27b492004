"""Make the README's picture, docs/images/filters.jpg: ``python docs/picture.py``.

It is committed, because a README is read where nothing is built; tests compare its size, not its pixels.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import pixlane as px

OUT = Path(__file__).resolve().parent / "images" / "filters.jpg"

SCALE = 1 / 5
DETAIL = (48, 34, 84, 70)  # left, top, right, bottom in the small picture
ZOOM, GAP, LABEL = 5, 8, 24


def tile(pixels: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    """``pixels`` with a caption below."""
    canvas = np.full((pixels.shape[0] + LABEL, pixels.shape[1], 3), 255, np.uint8)
    canvas[: pixels.shape[0]] = pixels
    image = Image.fromarray(canvas)
    ImageDraw.Draw(image).text((1, pixels.shape[0] + 4), text, fill=(70, 70, 70), font=ImageFont.load_default(14))
    return np.asarray(image)


def beside(tiles: list[NDArray[np.uint8]], axis: int) -> NDArray[np.uint8]:
    shape = list(tiles[0].shape)
    shape[axis] = GAP
    gap = np.full(shape, 255, np.uint8)
    parts = [part for each in tiles for part in (each, gap)]
    return np.concatenate(parts[:-1], axis=axis)


def picture() -> NDArray[np.uint8]:
    photograph = skimage.data.stereo_motorcycle()[0]
    left, top, right, bottom = DETAIL
    side = (right - left) * ZOOM
    box = tuple(value / SCALE for value in DETAIL)
    tiles = [tile(px.resize(photograph, (side, side), box=box, interpolation="bicubic"), "the photograph")]
    for name in ("nearest", "bilinear", "bicubic", "lanczos", "area"):
        small = px.resize(photograph, scale=SCALE, interpolation=name)[top:bottom, left:right]
        tiles.append(tile(px.resize(small, scale=ZOOM, interpolation="nearest"), name))
    grid = beside([beside(tiles[:3], 1), beside(tiles[3:], 1)], 0)
    # The photograph stands beside the grid, with the detail framed.
    height = grid.shape[0] - LABEL
    whole = px.resize(photograph, scale=height / photograph.shape[0], interpolation="lanczos")
    factor = height / photograph.shape[0] / SCALE
    frame = Image.fromarray(whole)
    edges = [round(value * factor) for value in DETAIL]
    draw = ImageDraw.Draw(frame)
    draw.rectangle([edges[0] - 1, edges[1] - 1, edges[2] + 1, edges[3] + 1], outline=(0, 0, 0))
    draw.rectangle(edges, outline=(255, 255, 255), width=2)
    caption = f"{photograph.shape[1]} x {photograph.shape[0]} to {round(photograph.shape[1] * SCALE)} x "
    caption += f"{round(photograph.shape[0] * SCALE)}: what each filter makes of the frame"
    return beside([tile(np.asarray(frame), caption), grid], 1)


if __name__ == "__main__":
    OUT.parent.mkdir(exist_ok=True)
    Image.fromarray(picture()).save(OUT, quality=86, optimize=True)
    print(f"{OUT}: {OUT.stat().st_size / 1000:.0f} kB")
