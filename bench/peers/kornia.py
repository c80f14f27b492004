"""kornia-rs. Its bilinear never antialiases (whatever ``antialias=`` says); bicubic and lanczos do so for uint8."""

from __future__ import annotations

import os

from ..cases import Case
from . import installed_version
from .base import NEAREST_BOUND, Bound, Images, Job, LocalJob, Peer, Skip

os.environ.setdefault("RAYON_NUM_THREADS", "1")  # its pool is made once; the harness sets this per process
from kornia_rs import imgproc  # type: ignore[import-not-found]  # isort: skip


class Adaptor(Peer):
    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        if int(os.environ["RAYON_NUM_THREADS"]) != threads:
            raise ImportError(f"RAYON_NUM_THREADS is {os.environ['RAYON_NUM_THREADS']}, not {threads}")

    def version(self) -> str:
        return installed_version("kornia-rs")

    def jobs(self, case: Case, buffers: list[Images]) -> list[Job]:
        if case.image.count > 1:
            raise Skip("lists are timed with torchvision and Pillow")
        if case.image.channels != 3 or case.image.dtype != "u8" or case.image.view:
            raise Skip("takes contiguous uint8 RGB")
        images = [images[0] for images in buffers]
        if case.op == "resize":
            name = case.params["interpolation"]
            if name == "area":
                raise Skip("no area filter")
            if name == "bilinear" and case.needs_antialias:
                raise Skip("its bilinear does not antialias")
            antialias = case.params.get("antialias", True)
            size = case.output_size
            bound = NEAREST_BOUND if name == "nearest" else Bound(64, 2.5)
            return [LocalJob([lambda i=i: imgproc.resize(i, size, name, antialias) for i in images], bound=bound)]
        if case.op == "normalize":
            if case.output_dtype != "f32" or case.params.get("layout_out") == "CHW":
                raise Skip("normalize_mean_std gives float32 H,W,C")
            # What it computes is (x - mean) / std, with no division by 255.
            mean, std = (tuple(255 * value for value in case.params[name]) for name in ("mean", "std"))
            return [
                LocalJob(
                    [lambda i=i: imgproc.normalize_mean_std(i, mean, std) for i in images],
                    bound=Bound(0.05, 0.05),
                )
            ]
        raise Skip("its fused preprocessing stretches without antialiasing, crop or flip")
