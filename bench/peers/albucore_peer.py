"""albucore: normalize. Its resize is cv2's."""

from __future__ import annotations

import numpy as np

from ..cases import Case
from . import installed_version
from .base import Bound, Images, Job, LocalJob, Peer, Skip

import albucore  # isort: skip


class Adaptor(Peer):
    def version(self) -> str:
        return installed_version("albucore")

    def jobs(self, case: Case, buffers: list[Images]) -> list[Job]:
        if case.op != "normalize":
            raise Skip("only normalize is its own")
        dtypes = (case.image.dtype, case.output_dtype)
        if case.params.get("layout_out") == "CHW" or dtypes not in (("u8", "f32"), ("f32", "f32")):
            raise Skip("gives float32 H,W,C from uint8 or float32")
        scale = 255 if case.image.dtype == "u8" else 1
        mean = np.array(case.params["mean"], np.float32) * scale
        denominator = 1 / (np.array(case.params["std"], np.float32) * scale)
        images = [images[0] if images[0].ndim == 3 else images[0][..., None] for images in buffers]
        return [
            LocalJob(
                [lambda i=i: albucore.normalize(i, mean, denominator) for i in images],
                lambda result: result.reshape(images[0].shape[: 3 if case.image.channels > 1 else 2]),
                bound=Bound(0.05, 0.05),
            )
        ]
