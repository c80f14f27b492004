"""pixlane as one of the libraries: the public function, called as a user calls it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import filters, geometry, orders
from .cases import Case
from .images import DTYPES
from .peers.base import Bound, Images, Job, LocalJob, Peer, Skip

# Another order of float operations, an edge treated otherwise: nothing that shows. bench/oracle.py is in float32.
BOUND = Bound(2.0, 0.3)


class Adaptor(Peer):
    name = "pixlane"

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        import pixlane

        self.px = pixlane
        pixlane.set_num_threads(threads)

    def version(self) -> str:
        return str(self.px.__version__)

    def about(self) -> dict[str, Any]:
        info = self.px.info()
        return {key: info[key] for key in ("version", "native", "isa", "threads") if key in info}

    def jobs(self, case: Case, buffers: list[Images]) -> list[Job]:
        if getattr(self.px, case.op, None) is None:
            raise Skip(f"pixlane has no {case.op} yet")
        try:
            jobs = [self.job(case, buffers, out=False), self.job(case, buffers, out=True)]
            if self.threads > 1:
                jobs.append(self.job(case, buffers, out=True, threads=1))
        except (NotImplementedError, AttributeError) as error:
            raise Skip(f"not built yet: {error}") from None
        return jobs

    def job(self, case: Case, buffers: list[Images], *, out: bool, threads: int | None = None) -> Job:
        calls = [self.call(case, images, self.output(case, images) if out else None) for images in buffers]
        if threads is None:
            return LocalJob(calls, out=out, bound=BOUND)

        def within(call: Callable[[], Any]) -> Callable[[], Any]:
            def run() -> Any:
                with self.px.num_threads(threads):
                    return call()

            return run

        return LocalJob([within(call) for call in calls], out=out, bound=BOUND, variant=f"{threads} thread")

    def call(self, case: Case, images: Images, out: Any = None) -> Callable[[], Any]:
        """The timed function. Its keywords are written out, as in a program: ``**`` would copy a dict at each call."""
        arguments: dict[str, Any] = {"image": images[0] if case.image.count == 1 else list(images), **case.params}
        if case.image.layout == "CHW":
            arguments["layout"] = "CHW"
        if out is not None:
            arguments["out"] = out
        if case.op == "remap":
            arguments["map_x"], arguments["map_y"] = geometry.maps(case.image.size)
        positional = {
            "resize": ("size",),
            "normalize": ("mean", "std"),
            **geometry.POSITIONAL,
            **filters.POSITIONAL,
            **orders.POSITIONAL,
        }.get(case.op, ())
        by_position = ("image", *positional)
        words = [*by_position, *(f"{name}={name}" for name in arguments if name not in by_position)]
        function: Callable[[], Any] = eval(
            f"lambda: op({', '.join(words)})", {"op": getattr(self.px, case.op), **arguments}
        )
        return function

    def output(self, case: Case, images: Images) -> Any:
        height, width = case.output_size
        channels = case.image.channels
        layout = case.params.get("layout_out") or ("CHW" if case.op == "preprocess" else case.image.layout)
        shape = {"HW": (height, width), "HWC": (height, width, channels), "CHW": (channels, height, width)}[layout]
        if case.image.count > 1:
            shape = (len(images), *shape)
        return np.zeros(shape, DTYPES[case.output_dtype])
