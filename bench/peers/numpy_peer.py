"""NumPy as a careful user writes it."""

from __future__ import annotations

import numpy as np

from ..cases import Case
from .base import NEAREST_BOUND, Array, Bound, Images, Job, LocalJob, Peer, Skip


class Adaptor(Peer):
    def version(self) -> str:
        return np.__version__

    def jobs(self, case: Case, buffers: list[Images]) -> list[Job]:
        images = [images[0] for images in buffers]
        if case.op == "normalize":
            return self._normalize(case, images)
        if case.op == "resize" and case.params["interpolation"] == "nearest":
            rows, columns = (
                ((np.arange(out) + 0.5) * side / out).astype(np.intp)
                for side, out in zip(case.image.size, case.output_size, strict=True)
            )
            return [LocalJob([lambda i=i: i[rows][:, columns] for i in images], bound=NEAREST_BOUND)]
        if case.op == "crop":
            left, top, right, bottom = case.params["box"]
            parts = [image[top:bottom, left:right] for image in images]
            outs = [np.empty(part.shape, part.dtype) for part in parts]
            exact = Bound(0, 0)

            def write(part: Array, out: Array) -> Array:
                np.copyto(out, part)
                return out

            return [
                LocalJob([part.copy for part in parts], bound=exact),
                LocalJob(
                    [lambda p=p, o=o: write(p, o) for p, o in zip(parts, outs, strict=True)], bound=exact, out=True
                ),
            ]
        raise Skip("no such function")

    def _normalize(self, case: Case, images: list[Array]) -> list[Job]:
        if case.output_dtype != "f32":
            raise Skip("timed for float32")
        planar = case.params.get("layout_out") == "CHW" and case.image.layout == "HWC"
        scale = {"u8": 1 / 255, "u16": 1 / 65535}.get(case.image.dtype, 1.0)
        shape = (-1, 1, 1) if planar else (-1,)
        std = np.array(case.params["std"])
        factor = (scale / std).astype(np.float32).reshape(shape)
        offset = (-np.array(case.params["mean"]) / std).astype(np.float32).reshape(shape)
        sources = [image.transpose(2, 0, 1) if planar else image for image in images]
        outs = [np.empty(source.shape, np.float32) for source in sources]

        def fresh(source: Array) -> Array:
            result: Array = np.multiply(source, factor, order="C")
            result += offset
            return result

        def write(source: Array, out: Array) -> Array:
            np.multiply(source, factor, out=out)
            out += offset
            return out

        bound = Bound(0.05, 0.05)
        return [
            LocalJob([lambda s=s: fresh(s) for s in sources], bound=bound),
            LocalJob([lambda s=s, o=o: write(s, o) for s, o in zip(sources, outs, strict=True)], bound=bound, out=True),
        ]
