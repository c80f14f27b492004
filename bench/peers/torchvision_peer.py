"""torchvision's transforms, and torch's interpolate beneath them, on CPU tensors.

A tensor is a C,H,W view of the same H,W,C bytes (channels last), which is what ``torch.from_numpy`` gives a user and
the layout for which torch has its fast uint8 path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..cases import Case
from . import installed_version
from .base import NEAREST_BOUND, Bound, Images, Job, LocalJob, Peer, Skip, over_list

import torch  # isort: skip

try:  # The CPU wheel of torch lacks the operators that torchvision's own wheel looks for at import.
    _library = torch.library.Library("torchvision", "DEF")
    _library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
except RuntimeError:
    pass  # they exist: this torchvision came whole

from torchvision.transforms import InterpolationMode  # isort: skip
from torchvision.transforms.v2 import functional as F  # isort: skip

MODES = {
    "nearest": InterpolationMode.NEAREST_EXACT,
    "bilinear": InterpolationMode.BILINEAR,
    "bicubic": InterpolationMode.BICUBIC,
}


class Adaptor(Peer):
    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        torch.set_num_threads(threads)

    def version(self) -> str:
        return f"{installed_version('torchvision')} (torch {torch.__version__})"

    def jobs(self, case: Case, buffers: list[Images]) -> list[Job]:
        if case.image.view == "flip":
            raise Skip("no negative strides")
        if case.op == "resize":
            return self._resize(case, buffers)
        if case.op == "normalize":
            return self._normalize(case, buffers)
        if case.op == "preprocess":
            return self._preprocess(case, buffers)
        raise Skip("no such function")

    def _resize(self, case: Case, buffers: list[Images]) -> list[Job]:
        name, antialias = case.params["interpolation"], case.params.get("antialias", True)
        if name not in MODES:
            raise Skip(f"no {name} filter" + (" for any ratio" if name == "area" else ""))
        if case.image.dtype in ("u16", "i16"):
            raise Skip("no 16-bit integers")
        tensors = [_chw(images[0], case)[None] for images in buffers]
        size = list(case.output_size)
        interpolate = torch.nn.functional.interpolate
        # torch's bicubic has a = -0.5 when it antialiases, -0.75 otherwise; so ask for it in enlarging too.
        keywords: dict[str, Any] = {"mode": name, "antialias": antialias}
        if name == "nearest":
            keywords = {"mode": "nearest-exact"}
        return [
            LocalJob(
                [lambda t=t: interpolate(t, size, **keywords) for t in tensors],
                lambda result: _hwc(result[0], case.image.layout),
                bound=NEAREST_BOUND if name == "nearest" else Bound(12, 0.8),
            )
        ]

    def _normalize(self, case: Case, buffers: list[Images]) -> list[Job]:
        if case.image.dtype not in ("u8", "f32") or case.params.get("layout_out") != "CHW":
            raise Skip("normalizes C,H,W of uint8 or float32")
        dtype = {"f32": torch.float32, "f16": torch.float16}[case.output_dtype]
        mean, std = list(case.params["mean"]), list(case.params["std"])
        tensors = [_chw(images[0], case) for images in buffers]

        def run(tensor: Any) -> Any:
            return F.normalize(F.to_dtype(tensor.contiguous(), dtype, scale=True), mean, std)

        # float16 arithmetic is what F.normalize does there.
        bound = Bound(0.05, 0.05) if case.output_dtype == "f32" else Bound(1, 0.5)
        return [LocalJob([lambda t=t: run(t) for t in tensors], lambda t: t.numpy(), bound=bound)]

    def _preprocess(self, case: Case, buffers: list[Images]) -> list[Job]:
        if case.output_dtype not in ("f32", "f16"):
            raise Skip("gives floats")
        one = _pipeline(case)
        bound = Bound(12, 0.8) if case.output_dtype == "f32" else Bound(12, 1.2)
        if case.image.count == 1:
            tensors = [_chw(images[0], case) for images in buffers]
            return [LocalJob([lambda t=t: one(t) for t in tensors], lambda t: t.numpy(), bound=bound)]
        lists = [[_chw(image, case) for image in images] for images in buffers]
        loop = [lambda ts=ts: torch.stack([one(t) for t in ts]) for ts in lists]
        jobs: list[Job] = [LocalJob(loop, lambda t: t.numpy(), bound=bound)]
        if self.threads > 1:
            pools = [over_list(one, tensors, self.threads) for tensors in lists]
            calls = [lambda pool=pool: torch.stack(pool()) for pool in pools]
            jobs.append(LocalJob(calls, lambda t: t.numpy(), bound=bound, variant="thread pool"))
        return jobs


def _pipeline(case: Case) -> Callable[[Any], Any]:
    p = case.params
    mode, antialias = MODES[p.get("interpolation", "bilinear")], p.get("antialias", True)
    dtype = {"f32": torch.float32, "f16": torch.float16}[case.output_dtype]
    mean, std = list(p["mean"]), list(p["std"])

    def run(tensor: Any) -> Any:
        tensor = F.resize(tensor, [p["resize"]], interpolation=mode, antialias=antialias)
        tensor = F.center_crop(tensor, [p["crop"], p["crop"]])
        if p.get("flip"):
            tensor = F.horizontal_flip(tensor)
        return F.normalize(F.to_dtype(tensor.contiguous(), dtype, scale=True), mean, std)

    return run


def _chw(image: Any, case: Case) -> Any:
    tensor = torch.from_numpy(image)
    if tensor.ndim == 2:
        return tensor[None]
    return tensor if case.image.layout == "CHW" else tensor.permute(2, 0, 1)


def _hwc(tensor: Any, layout: str) -> Any:
    if layout == "HW":
        return tensor[0].numpy()
    return tensor.numpy() if layout == "CHW" else tensor.permute(1, 2, 0).numpy()
