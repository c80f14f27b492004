"""The gallery: every entry is code that is run to make the pictures under it.

``python docs/gallery.py FOLDER`` writes the page and its pictures into FOLDER; the documentation build calls `write`.
"""

from __future__ import annotations

import html
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image

import pixlane as px


@dataclass(frozen=True)
class Entry:
    """``code`` is shown and run; what it leaves in ``pictures``, a dict of caption to uint8 array, is shown too.

    ``zoom`` enlarges the pictures, each pixel to a square.
    """

    name: str
    title: str
    text: str
    code: str
    zoom: int = 1
    uses: tuple[str, ...] = field(default=())


ENTRIES = (
    Entry(
        "shrink",
        "Shrinking, filter by filter",
        "The engine of a motorcycle out of a photograph four times as large. `nearest` takes one pixel of 16 and "
        "leaves the rest; the others weigh all of them.",
        """
pictures = {}
for filter in ("nearest", "area", "bilinear", "bicubic", "lanczos"):
    small = px.resize(motorcycle, scale=1 / 4, interpolation=filter)
    pictures[filter] = small[50:100, 80:130]
""",
        zoom=3,
        uses=("resize",),
    ),
    Entry(
        "antialias",
        "With and without antialiasing",
        "Shrinking without it reads only the neighbours of each sample point, whatever lies between: fine patterns "
        "turn into coarse ones that are not there.",
        """
y, x = np.mgrid[-1:1:512j, -1:1:512j]
rings = np.uint8(np.floor(127.5 + 127.5 * np.cos(420 * (x * x + y * y))))
pictures = {
    "input, a part": rings[192:320, 192:320],
    "antialias=True": px.resize(rings, (128, 128)),
    "antialias=False": px.resize(rings, (128, 128), antialias=False),
}
""",
        uses=("resize",),
    ),
    Entry(
        "enlarge",
        "Enlarging, filter by filter",
        "The eye of a cat, 56 pixels wide, made four times as large.",
        """
eye = cat[84:140, 146:202]
pictures = {
    filter: px.resize(eye, scale=4, interpolation=filter)
    for filter in ("nearest", "area", "bilinear", "bicubic", "lanczos")
}
""",
        uses=("resize",),
    ),
    Entry(
        "box",
        "A part of a picture",
        "`box` takes fractions of pixels. Here it moves one pixel from picture to picture, then a tenth.",
        """
pictures = {}
for left in (158, 159, 160, 160.1, 160.2):
    window = (left, 94, left + 24, 118)
    pictures[f"left = {left:g}"] = px.resize(cat, (168, 168), box=window, interpolation="bicubic")
""",
        uses=("resize",),
    ),
    Entry(
        "alpha",
        "Transparency",
        "Where a picture is transparent its colour is meaningless, and interpolation brings it in at the edges. "
        "`premultiply=True` weighs colours by their alpha.",
        """
disk = np.zeros((32, 32, 4), np.uint8)
disk[..., 0] = 255  # invisible red outside ...
y, x = np.mgrid[-15.5:16, -15.5:16]
disk[x * x + y * y < 150] = (40, 160, 90, 255)  # ... of an opaque green disk

def on_white(rgba):
    alpha = rgba[..., 3:] / 255
    return np.uint8(rgba[..., :3] * alpha + 255 * (1 - alpha) + 0.5)

pictures = {
    "premultiply=False": on_white(px.resize(disk, (192, 192))),
    "premultiply=True": on_white(px.resize(disk, (192, 192), premultiply=True)),
}
""",
        uses=("resize",),
    ),
    Entry(
        "rotate",
        "Rotated, filter by filter",
        "The eye of a cat, turned eleven times by 32.7 degrees, almost a full turn: every filter leaves its mark.",
        """
eye = cat[84:148, 142:206]
pictures = {"input": eye}
for filter in ("nearest", "bilinear", "bicubic", "lanczos"):
    turned = eye
    for _ in range(11):
        turned = px.rotate(turned, 32.7, interpolation=filter, border="reflect")
    pictures[filter] = turned
""",
        zoom=3,
        uses=("rotate",),
    ),
    Entry(
        "expand",
        "What lies outside",
        "The result is as large as the picture, or as the rotated one; outside is a value, or the picture continued.",
        """
small = px.resize(coffee, (120, 180))
pictures = {
    "value=200": px.rotate(small, 20, value=200),
    "expand=True": px.rotate(small, 20, value=200, expand=True),
    **{border: px.rotate(small, 20, border=border) for border in ("edge", "reflect", "wrap")},
}
""",
        uses=("rotate",),
    ),
    Entry(
        "affine",
        "Affine maps, and one that shrinks",
        "Matrices are made of their parts. Shrinking to a quarter, `antialias=True` lets every pixel count.",
        """
small = px.resize(astronaut, (176, 176))
about = (87.5, 87.5)
three = px.matrix.from_points([(0, 0), (175, 0), (0, 175)], [(30, 10), (160, 30), (10, 150)])
stripes = np.uint8(np.indices((352, 352)).sum(axis=0) % 6 // 3 * 255)
quarter = px.matrix.compose(px.matrix.rotation(10, (175.5, 175.5)), px.matrix.scaling(0.25))
pictures = {
    "sheared": px.affine(small, px.matrix.shear(0.3, center=about)),
    "three points": px.affine(small, three),
    "antialias=False": px.affine(stripes, quarter, (88, 88)),
    "antialias=True": px.affine(stripes, quarter, (88, 88), antialias=True),
}
""",
        uses=("affine",),
    ),
    Entry(
        "perspective",
        "Perspective",
        "Four points of the picture go to four others; and back.",
        """
small = px.resize(coffee, (160, 240))
corners, seen = [(0, 0), (239, 0), (239, 159), (0, 159)], [(60, 20), (190, 10), (230, 150), (10, 120)]
matrix = px.matrix.from_points(corners, seen)
tilted = px.perspective(small, matrix, value=255)
pictures = {"tilted": tilted, "and back": px.perspective(tilted, px.matrix.inverse(matrix), value=255)}
""",
        uses=("perspective",),
    ),
    Entry(
        "remap",
        "Any map",
        "Each pixel names the point that it wants.",
        """
small = px.resize(astronaut, (176, 176))
y, x = np.mgrid[-1:1:176j, -1:1:176j]
radius = np.hypot(x, y)
bulge = 87.5 + 87.5 * np.stack([x, y]) * radius
pictures = {
    "input": small,
    "a lens": px.remap(small, *bulge),
    "waves": px.remap(small, 5 * np.sin(y * 20), 5 * np.cos(x * 20), relative=True, border="edge"),
}
""",
        uses=("remap",),
    ),
    Entry(
        "elastic",
        "Elastic distortion",
        "Seeded noise, blurred, displaces the pixels: `sigma` says how smooth it is, `alpha` how strong.",
        """
small = px.resize(astronaut, (176, 176))
small[::16], small[:, ::16] = 255, 255
pictures = {
    "alpha=60, sigma=4": px.elastic(small, 60, 4, seed=1),
    "alpha=300, sigma=10": px.elastic(small, 300, 10, seed=1),
    "another seed": px.elastic(small, 300, 10, seed=2),
}
""",
        uses=("elastic",),
    ),
    Entry(
        "moves",
        "Flips, turns, crops and margins",
        "What only moves pixels.",
        """
small = px.resize(rocket, (96, 144))
pictures = {
    "flip": px.flip(small),
    "rot90": px.rot90(small),
    "crop": px.crop(small, (40, 10, 120, 90)),
    "transposed to planes": np.concatenate(list(px.transpose(small[:, :72], "CHW")), axis=1),
    **{f"pad, {border}": px.pad(small, 30, border=border, value=200) for border in ("constant", "reflect", "edge")},
}
""",
        uses=("flip", "rot90", "crop", "transpose", "pad"),
    ),
    Entry(
        "pyramid",
        "Pyramids",
        "Down by blurring and halving, and up again: what is lost is the detail.",
        """
small = px.resize(cat, (150, 226))
down = px.pyramid_down(small)
up = px.pyramid_up(down)
pictures = {
    "input": small,
    "pyramid_down": down,
    "pyramid_up": up,
    "what is lost": np.uint8(np.clip(128 + 2 * (small.astype(int) - up), 0, 255)),
}
""",
        uses=("pyramid_down", "pyramid_up"),
    ),
    Entry(
        "convolution",
        "Convolution",
        "Any kernel: here one that sharpens, one that is motion along a diagonal, and the relief that a slope casts. "
        "Kernels that are the product of a column and a row are found, and take two short passes.",
        """
small = px.resize(cat, (150, 226))
sharper = [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
motion = np.eye(13) / 13
relief = [[-2, -1, 0], [-1, 0, 1], [0, 1, 2]]
shaded = px.correlate(small, relief, dtype="int16") // 2 + 128
pictures = {
    "input": small,
    "sharper": px.correlate(small, sharper),
    "motion": px.convolve(small, motion),
    "relief": np.uint8(np.clip(shaded, 0, 255)),
    "convolve_separable": px.convolve_separable(small, np.ones(9) / 9, (1,)),
}
""",
        uses=("correlate", "convolve", "convolve_separable"),
    ),
    Entry(
        "morphology",
        "Least, largest, and what fits",
        "A disk moves over a photograph and takes the least or the largest of what it covers. An opening leaves what"
        " is bright and the disk fits into, a closing what is dark; a top hat is what an opening takes away.",
        """
small = px.resize(astronaut, (176, 176))
disk = {"footprint": 7, "shape": "ellipse"}
pictures = {
    "input": small,
    "erode": px.erode(small, **disk),
    "dilate": px.dilate(small, **disk),
    "opening": px.opening(small, **disk),
    "closing": px.closing(small, **disk),
    "gradient": px.morphological_gradient(small, 3),
    "top hat": px.top_hat(small, 9),
}
""",
        uses=("erode", "dilate", "opening", "closing", "morphological_gradient", "top_hat"),
    ),
    Entry(
        "median",
        "Medians and other ranks",
        "Every tenth pixel is lost. The median of a neighbourhood does not mind; other ranks brighten or darken.",
        """
small = px.resize(astronaut, (176, 176))
lost = np.random.default_rng(1).random((176, 176)) < 0.1
noisy = np.where(lost[..., None], np.uint8(0), small)
pictures = {
    "input": noisy,
    "median_blur, 3": px.median_blur(noisy, 3),
    "median_blur, 7": px.median_blur(noisy, 7),
    "rank 2 of 3 x 3": px.rank_filter(noisy, 2, 3),
    "75 % of a disk": px.percentile_filter(noisy, 75, 5, shape="ellipse"),
    "minimum_filter": px.minimum_filter(noisy, 3),
    "maximum_filter": px.maximum_filter(noisy, 3),
}
""",
        uses=("median_blur", "rank_filter", "percentile_filter", "minimum_filter", "maximum_filter"),
    ),
    Entry(
        "edges",
        "Edges",
        "First derivatives along either axis (0 is middle gray), the length of the gradient, the second derivative.",
        """
small = px.resize(rocket, (150, 226))
gray = np.uint8(small @ (0.299, 0.587, 0.114))
pictures = {
    "sobel, x": np.uint8(np.clip(px.sobel(gray, "x") / 3 + 128, 0, 255)),
    "sobel, y": np.uint8(np.clip(px.sobel(gray, "y") / 3 + 128, 0, 255)),
    "sobel": np.uint8(np.clip(px.sobel(gray) / 3, 0, 255)),
    "scharr": np.uint8(np.clip(px.scharr(gray) / 12, 0, 255)),
    "laplacian": np.uint8(np.clip(px.laplacian(gray) + 128, 0, 255)),
}
""",
        uses=("sobel", "scharr", "laplacian"),
    ),
    Entry(
        "means",
        "Means of rectangles",
        "Of any size, in a time that grows far slower than it; and of some pixels alone, here without the brightest.",
        """
small = px.resize(rocket, (150, 226))
dim = np.all(small < 200, axis=-1)
pictures = {
    "input": small,
    "5 x 5": px.box_blur(small, 5),
    "31 x 31": px.box_blur(small, 31),
    "31 high, 1 wide": px.box_blur(small, (31, 1)),
    "15 x 15, masked": px.box_blur(small, 15, mask=dim),
}
""",
        uses=("box_blur",),
    ),
    Entry(
        "gaussians",
        "Gaussians",
        "Of any width: the wider, the faster. And what a blur takes from an image, added to it.",
        """
small = px.resize(rocket, (150, 226))
pictures = {
    "input": small,
    "sigma 2": px.gaussian_blur(small, 2),
    "sigma 10": px.gaussian_blur(small, 10),
    "along x": px.gaussian_blur(small, (0, 10)),
    "unsharp_mask": px.unsharp_mask(small, 2, 1.5),
}
""",
        uses=("gaussian_blur", "unsharp_mask"),
    ),
    Entry(
        "normalize",
        "Normalized",
        "Brought to mean 0 and deviation 1 per channel, channels first; shown with 0 as middle gray.",
        """
mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
tensor = px.normalize(astronaut, mean, std, layout_out="CHW")
shown = np.uint8(np.clip(tensor * 50 + 127.5, 0, 255))
pictures = {
    "input": px.resize(astronaut, (176, 176)),
    **{f"channel {k}": px.resize(shown[k], (176, 176)) for k in range(3)},
}
""",
        uses=("normalize",),
    ),
    Entry(
        "preprocess",
        "What a model sees",
        "The three ways to fit a photograph into 192 x 192, as uint8 so that it can be looked at.",
        """
options = dict(dtype="uint8", layout_out="NHWC")
pictures = {
    "shorter side, centre crop": px.preprocess(coffee, resize=192, crop=192, **options),
    "stretched": px.preprocess(coffee, resize=192, fit="stretch", **options),
    "letterboxed": px.preprocess(coffee, resize=192, fit="pad", pad_value=114, **options),
    "letterboxed, flipped": px.preprocess(coffee, resize=192, fit="pad", pad_value=114, flip=True, **options),
}
""",
        uses=("preprocess",),
    ),
    Entry(
        "batch",
        "Photographs of any size into one batch",
        "Five photographs of five sizes, one call.",
        """
transform = px.Preprocess(resize=160, crop=144, dtype="uint8", layout_out="NHWC")
batch = transform([astronaut, cat, coffee, motorcycle, rocket])
pictures = {f"batch[{k}]": image for k, image in enumerate(batch)}
""",
        uses=("Preprocess",),
    ),
)


def inputs() -> dict[str, Any]:
    """What the code of an entry can use: real photographs, out of scikit-image's wheel."""
    return {
        "np": np,
        "px": px,
        "astronaut": skimage.data.astronaut(),
        "cat": skimage.data.cat(),
        "coffee": skimage.data.coffee(),
        "motorcycle": skimage.data.stereo_motorcycle()[0],
        "rocket": skimage.data.rocket(),
    }


def run(entry: Entry) -> dict[str, NDArray[np.uint8]]:
    """Run an entry's code and return its pictures by caption."""
    names = inputs()
    exec(compile(entry.code, f"<gallery {entry.name}>", "exec"), names)
    pictures: dict[str, NDArray[np.uint8]] = names["pictures"]
    return pictures


def write(folder: Path) -> None:
    """Write index.md and the pictures into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [
        "# Gallery\n\nEvery picture on this page was made by the code above it when the page was built. The "
        "photographs come with scikit-image.\n"
    ]
    for entry in ENTRIES:
        figures = []
        for number, (caption, pixels) in enumerate(run(entry).items()):
            name = f"{entry.name}-{number}.png"
            Image.fromarray(np.ascontiguousarray(pixels)).save(folder / name, optimize=True)
            width = pixels.shape[1] * entry.zoom
            figures.append(
                f":::{{figure}} {name}\n:alt: {html.escape(caption)}\n:width: {width}px\n:class: exact\n\n"
                f"{caption}\n:::\n"
            )
        parts.append(
            f"## {entry.title}\n\n{entry.text}\n\n```python\n{entry.code.strip()}\n```\n\n"
            "::::{container} filmstrip\n" + "".join(figures) + "::::\n"
        )
    (folder / "index.md").write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
