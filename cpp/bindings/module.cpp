// pixlane._native: the C++ backend. Its ops have the signatures of pixlane.reference.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <array>
#include <string_view>
#include <tuple>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/execution.h"
#include "core/trace.h"
#include "ops/normalize.h"
#include "ops/preprocess.h"
#include "ops/resize.h"

namespace py = pybind11;

namespace px::bindings {
namespace {

void resize(const py::array& src, const py::array& dst, std::string_view layout, std::string_view interpolation,
            bool antialias, const py::object& box, bool premultiply) {
  ResizeOptions options{interpolation_of(interpolation), antialias, premultiply, std::nullopt};
  if (!box.is_none()) {
    const auto [left, top, right, bottom] = box.cast<std::array<double, 4>>();
    options.box = Box{left, top, right, bottom};
  }
  const ImageView from = view_of(src, layout, "image"), to = writable_view_of(dst, layout, "out");
  call([&](const Execution& execution) { return px::resize(execution, from, to, options); });
}

void normalize(const py::array& src, const py::array& dst, std::string_view layout, std::string_view layout_out,
               double scale, const std::vector<double>& mean, const std::vector<double>& std) {
  const ImageView from = view_of(src, layout, "image"), to = writable_view_of(dst, layout_out, "out");
  const NormalizeOptions options{scale, mean, std};
  call([&](const Execution& execution) { return px::normalize(execution, from, to, options); });
}

void preprocess(const std::vector<py::array>& srcs, const py::array& dst, const std::vector<std::string_view>& layouts,
                std::string_view layout_out,
                const std::vector<std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, bool>>& windows,
                std::string_view interpolation, bool antialias, const std::vector<double>& pad_value, double scale,
                const std::vector<double>& mean, const std::vector<double>& std) {
  if (layouts.size() != srcs.size()) throw py::value_error("one layout per image is needed");
  std::vector<ImageView> from;
  from.reserve(srcs.size());
  for (std::size_t i = 0; i < srcs.size(); ++i) from.push_back(view_of(srcs[i], layouts[i], "image"));
  std::vector<Window> places;
  places.reserve(windows.size());
  for (const auto& [height, width, top, left, flip] : windows) places.push_back({height, width, top, left, flip});
  const ImageView to = writable_view_of(dst, layout_out, "out");
  const PreprocessOptions options{interpolation_of(interpolation), antialias, pad_value, {scale, mean, std}};
  call([&](const Execution& execution) { return px::preprocess(execution, from, places, to, options); });
}

py::tuple last_kernels() {
  const Trace& last = trace();
  py::tuple names(last.used);
  for (std::size_t i = 0; i < last.used; ++i) names[i] = last.names[i];
  return names;
}

}  // namespace
}  // namespace px::bindings

PYBIND11_MODULE(_native, module, pybind11::mod_gil_not_used()) {
  using namespace px::bindings;
  module.doc() = "The C++ backend of pixlane.";
  module.attr("__version__") = PIXLANE_VERSION;
  bind_execution(module);
  bind_threads(module);
  module.def("resize", &resize, py::arg("src"), py::arg("dst"), py::arg("layout"), py::arg("interpolation"),
             py::arg("antialias"), py::arg("box"), py::arg("premultiply"));
  module.def("normalize", &normalize, py::arg("src"), py::arg("dst"), py::arg("layout"), py::arg("layout_out"),
             py::arg("scale"), py::arg("mean"), py::arg("std"));
  module.def("preprocess", &preprocess, py::arg("srcs"), py::arg("dst"), py::arg("layouts"), py::arg("layout_out"),
             py::arg("windows"), py::arg("interpolation"), py::arg("antialias"), py::arg("pad_value"), py::arg("scale"),
             py::arg("mean"), py::arg("std"));
  module.def("last_kernels", &last_kernels, "The ways that the last call on this thread took.");
}
