"""A folder of photographs to one batch in a file: ``python examples/folder_to_batch.py FOLDER batch.npy``.

Decoding runs on a few threads, and pixlane takes the images of any sizes in one call, spread over its own. The batch is
written straight into the file by `out=`, so that it may be larger than the memory.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

import pixlane as px

TRANSFORM = px.Preprocess(resize=256, crop=224, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
AT_A_TIME = 64


def decode(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        image.draft("RGB", (256, 256))  # a JPEG is decoded at a scale that is still large enough
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def chunks(paths: list[Path]) -> Iterator[tuple[int, list[NDArray[np.uint8]]]]:
    with ThreadPoolExecutor() as pool:
        for begin in range(0, len(paths), AT_A_TIME):
            yield begin, list(pool.map(decode, paths[begin : begin + AT_A_TIME]))


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, target = Path(sys.argv[1]), Path(sys.argv[2])
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))
    if not paths:
        sys.exit(f"no photographs in {folder}")
    batch = np.lib.format.open_memmap(target, mode="w+", dtype=np.float32, shape=(len(paths), 3, 224, 224))
    for begin, images in chunks(paths):
        TRANSFORM(images, out=np.asarray(batch[begin : begin + len(images)]))
    batch.flush()
    print(f"{target}: {batch.shape} {batch.dtype}")


if __name__ == "__main__":
    main()
