"""Image manipulation at the speed of the hardware: the public names, nothing else."""

from pixlane import matrix as matrix
from pixlane.blur import box_blur
from pixlane.color import normalize
from pixlane.config import __version__, info, num_threads, set_num_threads, use_backend, use_isa
from pixlane.convolution import convolve, convolve_separable, correlate, laplacian, scharr, sobel
from pixlane.gaussian import gaussian_blur, unsharp_mask
from pixlane.geometry import resize
from pixlane.morphology import closing, dilate, erode, morphological_gradient, opening, top_hat
from pixlane.moves import crop, flip, pad, rot90, transpose
from pixlane.preprocess import Preprocess, preprocess
from pixlane.pyramid import pyramid_down, pyramid_up
from pixlane.ranks import maximum_filter, median_blur, minimum_filter, percentile_filter, rank_filter
from pixlane.warps import affine, elastic, perspective, remap, rotate

__all__ = [
    "Preprocess",
    "__version__",
    "affine",
    "box_blur",
    "closing",
    "convolve",
    "convolve_separable",
    "correlate",
    "crop",
    "dilate",
    "elastic",
    "erode",
    "flip",
    "gaussian_blur",
    "info",
    "laplacian",
    "maximum_filter",
    "median_blur",
    "minimum_filter",
    "morphological_gradient",
    "normalize",
    "num_threads",
    "opening",
    "pad",
    "percentile_filter",
    "perspective",
    "preprocess",
    "pyramid_down",
    "pyramid_up",
    "rank_filter",
    "remap",
    "resize",
    "rot90",
    "rotate",
    "scharr",
    "set_num_threads",
    "sobel",
    "top_hat",
    "transpose",
    "unsharp_mask",
    "use_backend",
    "use_isa",
]
