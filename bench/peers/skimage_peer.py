"""scikit-image: exact area by ``resize_local_mean``. Its antialiasing elsewhere is a gaussian, another filter."""

from __future__ import annotations

from ..cases import Case
from . import installed_version
from .base import Bound, Images, Job, LocalJob, Peer, Skip

from skimage import transform  # type: ignore[import-untyped]  # isort: skip


class Adaptor(Peer):
    def version(self) -> str:
        return installed_version("scikit-image")

    def jobs(self, case: Case, buffers: list[Images]) -> list[Job]:
        if case.op != "resize" or case.params["interpolation"] != "area":
            raise Skip("antialiases with a gaussian: another filter")
        if case.image.dtype != "f32" or case.image.layout == "CHW":
            raise Skip("computes in floats")
        size, axis = case.output_size, -1 if case.image.channels > 1 else None
        return [
            LocalJob(
                [
                    lambda i=i: transform.resize_local_mean(i, size, channel_axis=axis, preserve_range=True)
                    for i in (images[0] for images in buffers)
                ],
                bound=Bound(2, 0.6),
            )
        ]
