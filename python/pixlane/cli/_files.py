"""Image files to arrays and back, by Pillow.

A file says more than its pixels: which way is up (EXIF), what its colours mean (ICC), what is transparent, that it has
16 bits. `load` brings all of that into one of six forms, and `save` writes them back.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

Mode = Literal["L", "LA", "RGB", "RGBA", "I;16", "F"]
Size = tuple[int, int]
Box = tuple[float, float, float, float]

#: The formats that `save` writes: name -> (Pillow's name, extension).
FORMATS = {"png": ("PNG", ".png"), "jpg": ("JPEG", ".jpg"), "webp": ("WEBP", ".webp"), "npy": ("", ".npy")}

_ORIENTATION = 0x0112


@dataclass(frozen=True)
class Picture:
    """A decoded file, upright.

    ``pixels`` are (H, W) or (H, W, C). ``size`` is the (height, width) of the file in full; ``box`` is the part of
    ``pixels`` that this full picture covers (a reduced decode of a side that the reduction does not divide ends in
    pixels that are only partly covered), None for all.
    """

    pixels: NDArray[Any]
    mode: Mode
    size: Size
    box: Box | None
    icc_profile: bytes | None


def load(path: Path, needed: Callable[[Size], Size] | None = None) -> Picture:
    """Decode ``path``.

    ``needed`` gives, for the (height, width) of the upright picture, the size that it will be resized to: a JPEG is
    then decoded at 1/2, 1/4 or 1/8 where that is still at least as large, which saves most of the decoding time.
    """
    with Image.open(path) as image:
        orientation = image.getexif().get(_ORIENTATION, 1)
        turned = orientation in (5, 6, 7, 8)
        width, height = image.size
        full = (width, height) if turned else (height, width)
        covered: tuple[float, float] | None = None
        if needed is not None:
            high, wide = needed(full)
            drafted = image.draft(None, (high, wide) if turned else (wide, high))
            if drafted is not None:
                covered = drafted[1][2:]
        decoded_size = image.size
        image.load()
        box = None
        if covered is not None and covered != decoded_size:
            box = _turn_box(orientation, decoded_size, covered)
        icc_profile = image.info.get("icc_profile")
        if turned or orientation in (2, 3, 4):
            upright = ImageOps.exif_transpose(image)
        else:
            upright = image
        converted, mode, keeps_profile = _to_known_mode(upright, icc_profile)
        pixels = np.asarray(converted)
    if pixels.size == 0:
        raise ValueError("the picture has no pixels")
    return Picture(pixels, mode, full, box, icc_profile if keeps_profile else None)


def _turn_box(orientation: int, size: tuple[int, int], covered: tuple[float, float]) -> Box:
    """Where the covered top left part of a stored picture of (width, height) ``size`` lies once it is upright."""
    (width, height), (right, bottom) = size, covered
    boxes: dict[int, Box] = {
        2: (width - right, 0, width, bottom),
        3: (width - right, height - bottom, width, height),
        4: (0, height - bottom, right, height),
        5: (0, 0, bottom, right),
        6: (height - bottom, 0, height, right),
        7: (height - bottom, width - right, height, width),
        8: (0, width - right, bottom, width),
    }
    return boxes.get(orientation, (0, 0, right, bottom))


def _to_known_mode(image: Image.Image, icc_profile: bytes | None) -> tuple[Image.Image, Mode, bool]:
    """The picture in a mode that pixlane computes in, that mode, and whether the ICC profile still describes it."""
    mode = image.mode
    if mode in ("PA", "La", "RGBa", "LA", "RGBA") or (image.has_transparency_data and mode in ("1", "L", "P", "RGB")):
        gray = mode in ("1", "L", "LA", "La")
        # Pillow goes from premultiplied modes to others by way of their straight form only.
        straight = {"La": "LA", "RGBa": "RGBA"}.get(mode)
        if straight is not None:
            image = image.convert(straight)
        return image.convert("LA" if gray else "RGBA"), "LA" if gray else "RGBA", True
    if mode in ("1", "L"):
        return (image if mode == "L" else image.convert("L")), "L", True
    if mode in ("RGB", "P", "RGBX"):
        return (image if mode == "RGB" else image.convert("RGB")), "RGB", True
    if mode == "F":
        return image, "F", True
    if mode.startswith("I;16"):
        return image, "I;16", True
    if mode == "I":
        low, high = image.getextrema()
        if not isinstance(low, (int, float)) or not isinstance(high, (int, float)) or low < 0 or high > 65535:
            raise ValueError(f"32-bit integers from {low} to {high}: only values of 0 to 65535 are accepted")
        return Image.fromarray(np.asarray(image).astype(np.uint16)), "I;16", True
    if mode == "CMYK" and icc_profile is not None:
        converted = _cmyk_to_srgb(image, icc_profile)
        if converted is not None:
            return converted, "RGB", False
    return image.convert("RGB"), "RGB", False


def _cmyk_to_srgb(image: Image.Image, icc_profile: bytes) -> Image.Image | None:
    """By the profile that the file carries; None without colour management in this Pillow or with an unusable one."""
    try:
        from PIL import ImageCms
    except ImportError:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (OSError, ImageCms.PyCMSError):
        return None


def save(path: Path, pixels: NDArray[Any], mode: Mode, kind: str, *, quality: int, icc_profile: bytes | None) -> None:
    """Write ``pixels`` as format ``kind``; what stood at ``path`` is replaced at once or, on failure, not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem[:40]}-", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            if kind == "npy":
                np.save(file, np.ascontiguousarray(pixels))
            else:
                options: dict[str, Any] = {} if kind == "png" else {"quality": quality}
                # WebP has no gray, and a gray profile describes no colours.
                gray_as_colour = kind == "webp" and mode in ("L", "LA", "I;16")
                if icc_profile is not None and not gray_as_colour:
                    options["icc_profile"] = icc_profile
                _to_image(pixels, mode, kind).save(file, FORMATS[kind][0], **options)
        os.chmod(name, 0o666 & ~_UMASK)  # mkstemp makes files that only their owner can read
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _read_umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


#: Read once, at import: umask can only be read by setting it, which is not for worker threads to do.
_UMASK = _read_umask()


def _to_image(pixels: NDArray[Any], mode: Mode, kind: str) -> Image.Image:
    if mode == "F":
        raise ValueError(f"a picture of 32-bit floats cannot be written as {kind}; use --format npy")
    if mode == "I;16":
        if kind == "png":
            return Image.fromarray(np.ascontiguousarray(pixels, dtype=np.uint16))
        # 65535 is 255 * 257, so this is the nearest 8-bit value.
        pixels, mode = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8), "L"
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if kind == "jpg" and mode in ("LA", "RGBA"):
        return _on_white(image).convert("L" if mode == "LA" else "RGB")
    return image


def _on_white(image: Image.Image) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))


def as_rgb(pixels: NDArray[Any], mode: Mode) -> NDArray[Any]:
    """Three channels of any mode: gray repeated, what is transparent on white."""
    if mode in ("LA", "RGBA"):
        return np.asarray(_on_white(Image.fromarray(np.ascontiguousarray(pixels))).convert("RGB"))
    return np.repeat(pixels[..., np.newaxis], 3, axis=2) if pixels.ndim == 2 else pixels
