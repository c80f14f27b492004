"""SciPy: medians and ranks that no faster library has."""

from __future__ import annotations

from typing import Any

from .. import orders
from ..cases import Case
from . import installed_version
from .base import Bound, Images, Job, LocalJob, Peer, Skip

from scipy import ndimage  # isort: skip


class Adaptor(Peer):
    def version(self) -> str:
        return installed_version("scipy")

    def jobs(self, case: Case, buffers: list[Images]) -> list[Job]:
        if case.op not in ("median_blur", "rank_filter", "percentile_filter"):
            raise Skip("OpenCV is faster")
        if case.op == "median_blur" and (case.image.dtype == "u8" or case.params["footprint"] <= 5):
            raise Skip("OpenCV is faster")
        if case.image.channels > 1 or case.image.layout == "CHW":
            raise Skip("timed for one channel")
        footprint = orders.mask(case).astype(bool)
        function: Any = {
            "median_blur": lambda i: ndimage.median_filter(i, footprint=footprint, mode="nearest"),
            "rank_filter": lambda i: ndimage.rank_filter(i, case.params["rank"], footprint=footprint, mode="nearest"),
            "percentile_filter": lambda i: ndimage.percentile_filter(
                i, case.params["percentile"], footprint=footprint, mode="nearest"
            ),
        }[case.op]
        return [LocalJob([lambda i=i: function(i) for i in (images[0] for images in buffers)], bound=Bound(0, 0))]
