// pixlane._cuda and, for tests, pixlane._cuda_host: the same ops, compiled for a GPU and for none. Both export
// functions with the signatures of pixlane.reference; what they lack, python/pixlane/_backend.py says.
#include <cuda_runtime.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "bindings/device_array.h"
#include "bindings/op.h"
#include "bindings/outcome.h"
#include "bindings/unpack_ops.h"
#include "core/float_environment.h"
#include "ops.h"

namespace py = pybind11;

namespace px::bindings {
namespace {

// Runs an op on the device of its arrays, which must be one, and on its current stream.
template <class Op>
void call_on(const std::vector<const DeviceArray*>& arrays, Op&& op) {
  const int device = arrays.front()->device();
  for (const DeviceArray* const array : arrays) {
    if (array->device() != device) {
      throw py::value_error("arrays lie on different devices, " + std::to_string(device) + " and " +
                            std::to_string(array->device()) + "; move them to one");
    }
  }
  auto* const stream = static_cast<cudaStream_t>(current_stream(device));
  Status status;
  {
    const ReleaseGil released;
    const DefaultFloatEnvironment environment;  // plans are made in it
    cuda::Call call(device, stream);
    status = call.has_failed() ? call.status() : op(call);
  }
  raise(status);
}

void copy(DeviceArray src, DeviceArray dst, std::string_view layout, const Axes& axes) {
  const ImageView to = view_of(dst, layout, "out"), from = view_of(src, layout, "image", axes, dst);
  call_on({&src, &dst}, [&](cuda::Call& call) { return cuda::copy(call, from, to); });
}

void pad(DeviceArray src, DeviceArray dst, std::string_view layout, std::int64_t top, std::int64_t left, Border border,
         Array value) {
  const ImageView from = view_of(src, layout, "image"), to = view_of(dst, layout, "out");
  const PadOptions options{top, left, border, pixel_of(value, from)};
  call_on({&src, &dst}, [&](cuda::Call& call) { return cuda::pad(call, from, to, options); });
}

void resize(DeviceArray src, DeviceArray dst, std::string_view layout, Interpolation interpolation, bool antialias,
            std::optional<std::tuple<double, double, double, double>> box, bool premultiply) {
  ResizeOptions options{interpolation, antialias, premultiply, std::nullopt};
  if (box) options.box = std::make_from_tuple<Box>(*box);
  const ImageView from = view_of(src, layout, "image"), to = view_of(dst, layout, "out");
  call_on({&src, &dst}, [&](cuda::Call& call) { return cuda::resize(call, from, to, options); });
}

void normalize(DeviceArray src, DeviceArray dst, std::string_view layout, std::string_view layout_out, double scale,
               const std::vector<double>& mean, const std::vector<double>& std) {
  const ImageView from = view_of(src, layout, "image"), to = view_of(dst, layout_out, "out");
  const NormalizeOptions options{scale, mean, std};
  call_on({&src, &dst}, [&](cuda::Call& call) { return cuda::normalize(call, from, to, options); });
}

using Place = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, bool>;

void preprocess(const OneOrMore<DeviceArray>& srcs, DeviceArray dst, const std::vector<std::string_view>& layouts,
                std::string_view layout_out, const std::vector<Place>& windows, Interpolation interpolation,
                bool antialias, const std::vector<double>& pad_value, double scale, const std::vector<double>& mean,
                const std::vector<double>& std) {
  if (layouts.size() != srcs.size()) throw py::value_error("one layout per image is needed");
  std::vector<ImageView> from;
  std::vector<const DeviceArray*> arrays{&dst};
  for (std::size_t i = 0; i < srcs.size(); ++i) {
    from.push_back(view_of(srcs[i], layouts[i], "image"));
    arrays.push_back(&srcs[i]);
  }
  std::vector<Window> places;
  for (const Place& window : windows) places.push_back(std::make_from_tuple<Window>(window));
  const ImageView to = view_of(dst, layout_out, "out");
  const PreprocessOptions options{interpolation, antialias, pad_value, {scale, mean, std}};
  call_on(arrays, [&](cuda::Call& call) { return cuda::preprocess(call, from, places, to, options); });
}

void warp(DeviceArray src, DeviceArray dst, std::string_view layout, const std::vector<WarpMatrix>& matrices,
          Interpolation interpolation, Border border, Array value, bool premultiply) {
  const ImageView from = view_of(src, layout, "image"), to = view_of(dst, layout, "out");
  const WarpOptions options{interpolation, border, pixel_of(value, from), premultiply};
  call_on({&src, &dst}, [&](cuda::Call& call) { return cuda::warp(call, from, to, matrices, options); });
}

void remap(DeviceArray src, DeviceArray dst, std::string_view layout, DeviceArray map_x, DeviceArray map_y,
           bool relative, Interpolation interpolation, Border border, Array value, bool premultiply) {
  const ImageView from = view_of(src, layout, "image"), to = view_of(dst, layout, "out");
  const auto map_view = [](const DeviceArray& map, const char* name) {
    return view_of(map, map.ndim() == 3 ? "NHW" : "HW", name);
  };
  const Maps maps{map_view(map_x, "map_x"), map_view(map_y, "map_y"), map_type_of(map_x), relative};
  if (map_type_of(map_y) != maps.type) throw py::type_error("map_x and map_y must have one dtype");
  const WarpOptions options{interpolation, border, pixel_of(value, from), premultiply};
  call_on({&src, &dst, &map_x, &map_y}, [&](cuda::Call& call) { return cuda::remap(call, from, to, maps, options); });
}

void pyramid_down(DeviceArray src, DeviceArray dst, std::string_view layout, Border border, Array value,
                  bool premultiply) {
  const ImageView from = view_of(src, layout, "image"), to = view_of(dst, layout, "out");
  const std::byte* const pixel = pixel_of(value, from);
  call_on({&src, &dst},
          [&](cuda::Call& call) { return cuda::pyramid_down(call, from, to, border, pixel, premultiply); });
}

void pyramid_up(DeviceArray src, DeviceArray dst, std::string_view layout, bool premultiply) {
  const ImageView from = view_of(src, layout, "image"), to = view_of(dst, layout, "out");
  call_on({&src, &dst}, [&](cuda::Call& call) { return cuda::pyramid_up(call, from, to, premultiply); });
}

void displacement(DeviceArray dst, std::uint64_t seed, double sigma, double alpha) {
  const ImageView to = view_of(dst, "NHW", "out");
  call_on({&dst}, [&](cuda::Call& call) { return cuda::displacement(call, to, seed, sigma, alpha); });
}

void morphology(DeviceArray src, DeviceArray dst, std::string_view layout, MorphologyKind kind,
                const std::vector<ElementBox>& boxes, const std::vector<double>& heights, Borders borders,
                Array value) {
  const ImageView from = ordered(view_of(src, layout, "image"), src.kind());
  const ImageView to = ordered(view_of(dst, layout, "out"), dst.kind());
  const MorphologyOptions options{kind, boxes, heights, borders, pixel_of(value, from)};
  call_on({&src, &dst}, [&](cuda::Call& call) { return cuda::morphology(call, from, to, options); });
}

void rank(DeviceArray src, DeviceArray dst, std::string_view layout, const std::vector<ElementBox>& boxes,
          std::int64_t rank, Borders borders, Array value, std::optional<DeviceArray> mask) {
  const ImageView from = ordered(view_of(src, layout, "image"), src.kind());
  const ImageView to = ordered(view_of(dst, layout, "out"), dst.kind());
  RankOptions options{boxes, rank, borders, pixel_of(value, from)};
  std::vector<const DeviceArray*> arrays{&src, &dst};
  if (mask) {
    options.mask = view_of(*mask, "NHW", "mask");
    arrays.push_back(&*mask);
  }
  call_on(arrays, [&](cuda::Call& call) { return cuda::rank(call, from, to, options); });
}

// What px.info() says of the device; a sentence where there is none.
py::object device_info() {
#if defined(PX_CUDA_HOST)
  return py::dict(py::arg("device") = "the CPU, by the host runtime for tests");
#else
  int count = 0, driver = 0, runtime = 0;
  if (const cudaError_t error = cudaGetDeviceCount(&count); error != cudaSuccess) {
    cudaGetLastError();
    return py::str(std::string(cudaGetErrorName(error)) + ": " + cudaGetErrorString(error));
  }
  if (count == 0) return py::str("cudaErrorNoDevice: no CUDA-capable device is detected");
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  const auto version = [](int number) {
    return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
  };
  py::list names;
  for (int device = 0; device < count; ++device) {
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, device) != cudaSuccess) continue;
    names.append(std::string(properties.name) + ", sm_" + std::to_string(properties.major) +
                 std::to_string(properties.minor));
  }
  return py::dict(py::arg("device") = names, py::arg("driver") = version(driver), py::arg("runtime") = version(runtime),
                  py::arg("architectures") = PX_CUDA_ARCHITECTURES);
#endif
}

}  // namespace
}  // namespace px::bindings

#if defined(PX_CUDA_HOST)
#define PX_MODULE _cuda_host
#else
#define PX_MODULE _cuda
#endif

PYBIND11_MODULE(PX_MODULE, module, pybind11::mod_gil_not_used()) {
  using namespace px::bindings;
  module.doc() = "The CUDA backend of pixlane.";
  module.attr("__version__") = PIXLANE_VERSION;
  bind_device_arrays(module);
  bind_op<copy>(module, "copy", {"src", "dst", "layout", "axes"});
  bind_op<pad>(module, "pad", {"src", "dst", "layout", "top", "left", "border", "value"});
  bind_op<resize>(module, "resize", {"src", "dst", "layout", "interpolation", "antialias", "box", "premultiply"});
  bind_op<normalize>(module, "normalize", {"src", "dst", "layout", "layout_out", "scale", "mean", "std"});
  bind_op<preprocess>(module, "preprocess",
                      {"srcs", "dst", "layouts", "layout_out", "windows", "interpolation", "antialias", "pad_value",
                       "scale", "mean", "std"});
  bind_op<warp>(module, "warp",
                {"src", "dst", "layout", "matrices", "interpolation", "border", "value", "premultiply"});
  bind_op<remap>(
      module, "remap",
      {"src", "dst", "layout", "map_x", "map_y", "relative", "interpolation", "border", "value", "premultiply"});
  bind_op<pyramid_down>(module, "pyramid_down", {"src", "dst", "layout", "border", "value", "premultiply"});
  bind_op<pyramid_up>(module, "pyramid_up", {"src", "dst", "layout", "premultiply"});
  bind_op<displacement>(module, "displacement", {"dst", "seed", "sigma", "alpha"});
  bind_op<morphology>(module, "morphology", {"src", "dst", "layout", "kind", "boxes", "heights", "borders", "value"});
  bind_op<rank>(module, "rank", {"src", "dst", "layout", "boxes", "rank", "borders", "value", "mask"});
  module.def("device_info", &device_info, "The devices, or why there are none.");
  module.def(
      "kept_tables", [](int device) { return std::pair(px::cuda::kept(device).tables, px::cuda::kept(device).bytes); },
      py::arg("device"), "How many tables a device keeps, and their bytes.");
}
