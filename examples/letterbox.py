"""Letterbox photographs for a detector and carry its boxes back: ``python examples/letterbox.py``.

A detector wants one size, 640 x 640 say, of photographs that have any. `fit="pad"` keeps their shape and fills the
rest; the transform that comes with each turns boxes of the photograph into boxes of the model's input and back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import pixlane as px

SIZE = 640


def detect(batch: NDArray[np.float32]) -> list[NDArray[np.float64]]:
    """Stand in for a detector: the bounding box of what is brighter than the padding."""
    found = []
    for image in batch:
        rows, columns = np.nonzero(image.min(axis=0) > 0.9)
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        found.append(np.array([box], np.float64))
    return found


def main() -> None:
    # Two dark photographs, a white rectangle in each, of which we know where it is.
    known = [(300, 200, 900, 500), (100, 700, 350, 1000)]  # left, top, right, bottom
    photographs = []
    for shape, (left, top, right, bottom) in zip([(720, 1280), (1200, 800)], known, strict=True):
        photograph = np.full((*shape, 3), 40, np.uint8)
        photograph[top:bottom, left:right] = 255
        photographs.append(photograph)

    batch, transforms = px.preprocess(photographs, resize=(SIZE, SIZE), fit="pad", pad_value=114, return_transform=True)
    print("model input:", batch.shape, batch.dtype)
    for boxes, transform, expected in zip(detect(batch), transforms, known, strict=True):
        back = transform.inverse_boxes(boxes, clip=True)
        print("in the model's input:", boxes[0], " in the photograph:", back[0], " drawn at:", expected)
        # A pixel of the model's input is about two of the photograph.
        assert np.abs(back[0] - expected).max() <= 3


if __name__ == "__main__":
    main()
