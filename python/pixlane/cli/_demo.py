"""``pixlane demo``: the photographs, and what is shown of each."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pixlane as px
from pixlane.cli import _files

FILTERS = ("nearest", "bilinear", "bicubic", "lanczos", "area")

#: The statistics of ImageNet that most pretrained models expect.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
RESIZE, CROP = 256, 224

#: The photographs inside scikit-image's wheel (the rest of its data would be downloaded), in the order of showing.
_SHIPPED = (
    ("stereo_motorcycle", "Motorcycle"),
    ("astronaut", "Astronaut"),
    ("coffee", "Coffee"),
    ("retina", "Retina"),
    ("chelsea", "Chelsea the cat"),
    ("rocket", "Rocket"),
    ("hubble_deep_field", "Hubble deep field"),
    ("immunohistochemistry", "Stained tissue"),
)

_SMALL = 160  # the shorter side that each filter shrinks to
_DETAIL = 40  # the side of the window that is shown enlarged, in pixels of the small picture
_PATCH, _ZOOM = 40, 6  # the patch that each filter enlarges, and how far


class NoPhotographs(Exception):
    """There is nothing to show; the message says what to do."""


@dataclass(frozen=True)
class Photograph:
    name: str
    pixels: NDArray[np.uint8]


@dataclass(frozen=True)
class Tile:
    """One filter's work: the whole picture made small, its detail, and a patch of the photograph made large."""

    filter: str
    small: NDArray[np.uint8]
    detail: NDArray[np.uint8]
    enlarged: NDArray[np.uint8]


@dataclass(frozen=True)
class Exhibit:
    """A photograph and what the demo makes of it. Boxes are (left, top, right, bottom) as shares of the photograph."""

    photograph: Photograph
    detail: NDArray[np.uint8]
    patch: NDArray[np.uint8]
    detail_box: tuple[float, float, float, float]
    crop_box: tuple[float, float, float, float]
    tiles: tuple[Tile, ...]
    model_input: NDArray[np.uint8]
    model_range: tuple[float, float]


def photographs(folder: Path | None, most: int) -> list[Photograph]:
    """The user's photographs, or those that come with scikit-image; ``most`` at the most."""
    found = _from_folder(folder, most) if folder is not None else _from_scikit_image(most)
    if not found:
        raise NoPhotographs(f"no photograph in {folder} could be read")
    return found


def _from_scikit_image(most: int) -> list[Photograph]:
    try:
        data: Any = importlib.import_module("skimage.data")
    except ImportError:
        raise NoPhotographs(
            "the photographs come with scikit-image: pip install scikit-image, or name a folder of your own"
        ) from None
    found = []
    for function, name in _SHIPPED[:most]:
        pixels = getattr(data, function)()
        found.append(Photograph(name, np.ascontiguousarray(pixels[0] if isinstance(pixels, tuple) else pixels)))
    return found


def _from_folder(folder: Path, most: int) -> list[Photograph]:
    from pixlane.cli._apply import find_images

    if not folder.is_dir():
        raise NoPhotographs(f"{folder} is not a folder")
    found: list[Photograph] = []
    for path, below in find_images([folder], recursive=True, out=folder):
        if len(found) == most:
            break
        try:
            picture = _files.load(path)
        except (OSError, ValueError, SyntaxError, EOFError):
            continue
        pixels = picture.pixels
        if pixels.dtype != np.uint8 or min(pixels.shape[:2]) < 2 * _DETAIL:
            continue
        if pixels.ndim == 2:
            pixels = np.repeat(pixels[..., np.newaxis], 3, axis=2)
        # A copy that can be written to: torch warns of others.
        found.append(Photograph(str(below), np.array(pixels[..., :3], order="C")))
    return found


def exhibit(photograph: Photograph) -> Exhibit:
    """Run the ops on one photograph."""
    pixels = photograph.pixels
    height, width = pixels.shape[:2]
    scale = _SMALL / min(height, width)
    left, top = _busiest(pixels, scale)
    # The same window in pixels of the photograph; its middle is what gets enlarged.
    x0, y0, side = round(left / scale), round(top / scale), round(_DETAIL / scale)
    window = pixels[y0 : y0 + side, x0 : x0 + side]
    inset = max(0, (min(window.shape[:2]) - _PATCH) // 2)
    patch = np.ascontiguousarray(window[inset : inset + _PATCH, inset : inset + _PATCH])
    tiles = []
    for name in FILTERS:
        small = px.resize(pixels, scale=scale, interpolation=name)
        detail = small[top : top + _DETAIL, left : left + _DETAIL]
        tiles.append(Tile(name, small, detail, px.resize(patch, scale=_ZOOM, interpolation=name)))
    tensor, transform = px.preprocess(pixels, resize=RESIZE, crop=CROP, mean=MEAN, std=STD, return_transform=True)
    restored = tensor.transpose(1, 2, 0) * np.array(STD, np.float32) + np.array(MEAN, np.float32)
    corners = transform.inverse_boxes([0, 0, CROP, CROP], clip=True) / (width, height, width, height)
    return Exhibit(
        photograph,
        window,
        patch,
        (x0 / width, y0 / height, (x0 + side) / width, (y0 + side) / height),
        (float(corners[0]), float(corners[1]), float(corners[2]), float(corners[3])),
        tuple(tiles),
        np.clip(np.floor(restored * 255 + 0.5), 0, 255).astype(np.uint8),
        (float(tensor.min()), float(tensor.max())),
    )


def _busiest(pixels: NDArray[np.uint8], scale: float) -> tuple[int, int]:
    """Left and top, in the small picture, of the window with the most contrast between neighbours near its middle."""
    gray = px.resize(pixels, scale=scale, interpolation="area").astype(np.float64).mean(axis=2)
    edges = np.abs(np.diff(gray, axis=0))[:, :-1] + np.abs(np.diff(gray, axis=1))[:-1]
    sums = np.zeros((edges.shape[0] + 1, edges.shape[1] + 1))
    sums[1:, 1:] = edges.cumsum(axis=0).cumsum(axis=1)
    side = _DETAIL - 1
    scores = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    # Details at the rim say little; weigh the middle more.
    high, wide = scores.shape
    rise = 1 - 0.5 * np.abs(np.linspace(-1, 1, high))
    run = 1 - 0.5 * np.abs(np.linspace(-1, 1, wide))
    top, left = np.unravel_index(int(np.argmax(scores * rise[:, np.newaxis] * run)), scores.shape)
    return int(left), int(top)
