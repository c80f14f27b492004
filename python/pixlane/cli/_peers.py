"""The same jobs by other libraries, timed in turn with ours."""

from __future__ import annotations

import contextlib
import importlib
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pixlane as px
from pixlane.cli._demo import CROP, MEAN, RESIZE, STD, Photograph

Task = Callable[[], Any]


@dataclass(frozen=True)
class Job:
    """One job: ``ours``, and for each library a function that prepares it (untimed) and returns the task, if it can.

    ``levels`` is what one unit of the result is worth in 8-bit levels, so that results can be compared.
    """

    title: str
    ours: Task
    theirs: Mapping[str, Callable[[Mapping[str, Any]], Task | None]]
    levels: float = 1.0


@dataclass(frozen=True)
class Row:
    """``ratio`` is their time over ours, ``difference`` the mean difference of their result from ours in levels."""

    library: str
    milliseconds: float
    ratio: float | None = None
    difference: float | None = None

    @property
    def ratio_text(self) -> str:
        if self.ratio is None:
            return ""
        decimals = 0 if self.ratio >= 100 else 1 if self.ratio >= 1 else 2
        return f"{self.ratio:.{decimals}f}x"


@dataclass(frozen=True)
class Timing:
    title: str
    rows: list[Row] = field(default_factory=list)


def installed() -> dict[str, Any]:
    """The peers that can be imported, by the name of their module."""
    found: dict[str, Any] = {}
    for name in ("cv2", "PIL.Image", "skimage.transform", "torch", "torchvision.transforms.v2"):
        # Whatever stops a peer from loading (missing, built for another NumPy, broken), it is just not compared with.
        with contextlib.suppress(Exception):
            found[name] = importlib.import_module(name)
    return found


@contextlib.contextmanager
def _one_thread(peers: Mapping[str, Any]) -> Iterator[None]:
    with contextlib.ExitStack() as restore:
        restore.enter_context(px.num_threads(1))
        if "cv2" in peers:
            restore.callback(peers["cv2"].setNumThreads, peers["cv2"].getNumThreads())
            peers["cv2"].setNumThreads(1)
        if "torch" in peers:
            restore.callback(peers["torch"].set_num_threads, peers["torch"].get_num_threads())
            peers["torch"].set_num_threads(1)
        yield


def time_job(job: Job, peers: Mapping[str, Any], seconds: float) -> Timing:
    """Run ours and each peer's in turn for ``seconds`` in all, each at least three times, and take the medians."""
    with _one_thread(peers):
        tasks: dict[str, Task] = {"pixlane": job.ours}
        for library, prepare in job.theirs.items():
            task = prepare(peers)
            if task is not None:
                tasks[library] = task
        results = {library: _as_array(task()) for library, task in tasks.items()}
        times: dict[str, list[float]] = {library: [] for library in tasks}
        end = time.perf_counter() + seconds
        order = list(tasks)
        turns = 0
        while turns < 3 or time.perf_counter() < end:
            turns += 1
            for library in order:
                times[library] += _take_turn(tasks[library])
            order.append(order.pop(0))  # nobody always follows the same one
    medians = {library: statistics.median(taken) * 1e3 for library, taken in times.items()}
    ours, exact = medians.pop("pixlane"), results["pixlane"]
    rows = [Row("pixlane", ours)]
    for library, theirs in sorted(medians.items(), key=lambda item: item[1]):
        difference = None
        if results[library].shape == exact.shape:
            difference = float(np.mean(np.abs(results[library] - exact))) * job.levels
        rows.append(Row(library, theirs, theirs / ours, difference))
    return Timing(job.title, rows)


def _take_turn(task: Task) -> list[float]:
    """The times of the calls that fit into a hundredth of a second, one at least: quick ones need more to be steady."""
    times: list[float] = []
    while sum(times) < 0.01:
        begin = time.perf_counter()
        task()
        times.append(time.perf_counter() - begin)
    return times


def _as_array(result: Any) -> NDArray[np.float64]:
    if type(result).__module__.startswith("torch"):
        result = result.numpy()
        if result.ndim == 4:
            result = result[0]
        if result.dtype == np.uint8:
            result = result.transpose(1, 2, 0)
    return np.asarray(result, dtype=np.float64)


def jobs(photographs: Sequence[Photograph], *, quick: bool) -> list[Job]:
    """What is timed, on the largest of the photographs."""
    photograph = max(photographs, key=lambda each: each.pixels.size)
    pixels = photograph.pixels
    height, width = pixels.shape[:2]
    shrink = CROP / min(height, width)
    small = (max(1, round(height * shrink)), max(1, round(width * shrink)))
    part = np.ascontiguousarray(pixels[: min(512, height), : min(512, width)])
    large = (part.shape[0] * 2, part.shape[1] * 2)
    about, below = f"{width} x {height}", f"{small[1]} x {small[0]}"
    found = [_preprocess(pixels, f"Photograph of {about} to a model's input of {CROP} x {CROP}")]
    for name in ("bilinear",) if quick else ("bilinear", "bicubic", "lanczos", "area", "nearest"):
        found.append(_resize(pixels, small, name, f"Shrink {about} to {below}, {name}"))
    for name in ("bilinear",) if quick else ("bilinear", "bicubic"):
        title = f"Enlarge {part.shape[1]} x {part.shape[0]} to {large[1]} x {large[0]}, {name}"
        found.append(_resize(part, large, name, title))
    if not quick:
        found.append(_normalize(pixels, f"Normalize {about} to float32, channels first"))
    return found


def _resize(pixels: NDArray[np.uint8], size: tuple[int, int], name: str, title: str) -> Job:
    shrinking = size[0] < pixels.shape[0]

    def ours() -> Any:
        return px.resize(pixels, size, interpolation=name)

    def pillow(peers: Mapping[str, Any]) -> Task | None:
        if "PIL.Image" not in peers or (name == "area" and not shrinking):
            return None
        image = peers["PIL.Image"].fromarray(pixels)
        resampling = peers["PIL.Image"].Resampling
        code = {"bilinear": "BILINEAR", "bicubic": "BICUBIC", "lanczos": "LANCZOS", "area": "BOX", "nearest": "NEAREST"}
        return lambda: image.resize(size[::-1], resampling[code[name]])

    def opencv(peers: Mapping[str, Any]) -> Task | None:
        # Shrinking, OpenCV has no antialiased filter but area; its lanczos has another number of lobes.
        codes = {"area": "INTER_AREA", "nearest": "INTER_NEAREST_EXACT"}
        if not shrinking:
            codes |= {"bilinear": "INTER_LINEAR", "bicubic": "INTER_CUBIC"}
        if "cv2" not in peers or name not in codes:
            return None
        cv2 = peers["cv2"]
        code = getattr(cv2, codes[name])
        return lambda: cv2.resize(pixels, size[::-1], interpolation=code)

    def scikit_image(peers: Mapping[str, Any]) -> Task | None:
        orders = {"bilinear": 1, "bicubic": 3}
        if "skimage.transform" not in peers or name not in orders:
            return None
        resize, order = peers["skimage.transform"].resize, orders[name]
        return lambda: resize(pixels, size, order=order, anti_aliasing=shrinking, preserve_range=True)

    def torch(peers: Mapping[str, Any]) -> Task | None:
        if "torch" not in peers or name not in ("bilinear", "bicubic"):
            return None
        # A channels-last view of the same memory, which is what its fastest path takes.
        tensor = peers["torch"].from_numpy(pixels).permute(2, 0, 1)[None]
        interpolate = peers["torch"].nn.functional.interpolate
        return lambda: interpolate(tensor, size, mode=name, antialias=True)

    theirs = {"Pillow": pillow, "OpenCV": opencv, "scikit-image": scikit_image, "torch": torch}
    return Job(title, ours, theirs)


def _preprocess(pixels: NDArray[np.uint8], title: str) -> Job:
    height, width = pixels.shape[:2]
    short = min(height, width)
    size = (RESIZE * height // short, RESIZE * width // short)
    top, left = round((size[0] - CROP) / 2), round((size[1] - CROP) / 2)  # torchvision's centre, and ours
    mean, std = np.array(MEAN, np.float32), np.array(STD, np.float32)

    def ours() -> Any:
        return px.preprocess(pixels, resize=RESIZE, crop=CROP, mean=MEAN, std=STD)

    def finish(resized: NDArray[np.uint8]) -> NDArray[np.float32]:
        cropped = resized[top : top + CROP, left : left + CROP]
        normalized = (cropped.astype(np.float32) * np.float32(1 / 255) - mean) / std
        return np.ascontiguousarray(normalized.transpose(2, 0, 1))

    def pillow(peers: Mapping[str, Any]) -> Task | None:
        if "PIL.Image" not in peers:
            return None
        image, bilinear = peers["PIL.Image"].fromarray(pixels), peers["PIL.Image"].Resampling.BILINEAR
        return lambda: finish(np.asarray(image.resize(size[::-1], bilinear)))

    def opencv(peers: Mapping[str, Any]) -> Task | None:
        if "cv2" not in peers:
            return None
        cv2 = peers["cv2"]
        return lambda: finish(cv2.resize(pixels, size[::-1], interpolation=cv2.INTER_AREA))

    def torchvision(peers: Mapping[str, Any]) -> Task | None:
        if "torchvision.transforms.v2" not in peers or "torch" not in peers:
            return None
        torch, v2 = peers["torch"], peers["torchvision.transforms.v2"]
        steps = [v2.Resize(RESIZE, antialias=True), v2.CenterCrop(CROP), v2.ToDtype(torch.float32, scale=True)]
        compose = v2.Compose([*steps, v2.Normalize(MEAN, STD)])
        tensor = torch.from_numpy(pixels).permute(2, 0, 1)
        return lambda: compose(tensor)

    theirs = {"Pillow and NumPy": pillow, "OpenCV (area) and NumPy": opencv, "torchvision": torchvision}
    return Job(title, ours, theirs, levels=255 * float(np.mean(std)))


def _normalize(pixels: NDArray[np.uint8], title: str) -> Job:
    mean, std = np.array(MEAN, np.float32), np.array(STD, np.float32)

    def ours() -> Any:
        return px.normalize(pixels, MEAN, STD, layout_out="CHW")

    def numpy(peers: Mapping[str, Any]) -> Task | None:
        def task() -> Any:
            return np.ascontiguousarray(((pixels * np.float32(1 / 255) - mean) / std).transpose(2, 0, 1))

        return task

    def torchvision(peers: Mapping[str, Any]) -> Task | None:
        if "torchvision.transforms.v2" not in peers or "torch" not in peers:
            return None
        torch, v2 = peers["torch"], peers["torchvision.transforms.v2"]
        compose = v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)])
        tensor = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))
        return lambda: compose(tensor)

    return Job(title, ours, {"NumPy": numpy, "torchvision": torchvision}, levels=255 * float(np.mean(std)))
