"""Image manipulation at the speed of the hardware: the public names, nothing else."""

from pixlane.color import normalize
from pixlane.config import __version__, info, num_threads, set_num_threads, use_backend, use_isa
from pixlane.geometry import resize
from pixlane.preprocess import Preprocess, preprocess

__all__ = [
    "Preprocess",
    "__version__",
    "info",
    "normalize",
    "num_threads",
    "preprocess",
    "resize",
    "set_num_threads",
    "use_backend",
    "use_isa",
]
