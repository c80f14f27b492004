"""A torch DataLoader whose workers decode and preprocess photographs: ``python examples/dataloader.py FOLDER``.

Without a folder it uses the photographs that scikit-image ships. Needs torch and pillow.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

import pixlane as px

try:
    import torch
    from torch.utils.data import DataLoader, Dataset
except ImportError:
    sys.exit("this example needs torch: pip install torch")

TRANSFORM = px.Preprocess(
    resize=256,
    crop=224,
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
)


class Photographs(Dataset[Any]):
    """Files to (3, 224, 224) tensors. The transform is pickled with the dataset where workers are spawned."""

    def __init__(self, paths: list[Path], transform: px.Preprocess) -> None:
        self.paths = paths
        self.transform = transform

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Any:
        with Image.open(self.paths[index]) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
        pixels: NDArray[np.uint8] = np.asarray(upright)
        return torch.from_numpy(self.transform(pixels, flip=bool(torch.rand(()) < 0.5)))


def find(folder: Path | None) -> list[Path]:
    if folder is None:
        import skimage.data

        shipped = Path(skimage.data.__file__).parent
        names = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "retina.jpg", "rocket.jpg")
        return [shipped / name for name in names if (shipped / name).exists()]
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))


def main() -> None:
    paths = find(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    if not paths:
        sys.exit("no photographs found")
    # In a worker pixlane runs on one thread: the workers are the parallelism.
    loader = DataLoader(Photographs(paths * 4, TRANSFORM), batch_size=8, shuffle=True, num_workers=2)
    begin = time.perf_counter()
    count = 0
    for batch in loader:
        count += len(batch)
        print(f"{tuple(batch.shape)} {batch.dtype}, mean {batch.mean():+.3f}")
    print(f"{count / (time.perf_counter() - begin):.0f} images/s, starting the workers included")


if __name__ == "__main__":
    main()
