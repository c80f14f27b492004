// pixlane._native: the C++ backend. Its ops have the signatures of pixlane.reference.
#include <pybind11/pybind11.h>

#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/checked_calls.h"
#include "bindings/execution.h"
#include "bindings/filters.h"
#include "bindings/geometry.h"
#include "bindings/op.h"
#include "core/trace.h"
#include "ops/normalize.h"
#include "ops/preprocess.h"
#include "ops/resize.h"

namespace py = pybind11;

namespace px::bindings {
namespace {

void resize(Array src, Array dst, std::string_view layout, Interpolation interpolation, bool antialias,
            std::optional<std::tuple<double, double, double, double>> box, bool premultiply) {
  ResizeOptions options{interpolation, antialias, premultiply, std::nullopt};
  if (box) options.box = std::make_from_tuple<Box>(*box);
  const ImageView from = view_of(src, layout, "image"), to = writable_view_of(dst, layout, "out");
  call(bytes_of(from) + bytes_of(to),
       [&](const Execution& execution) { return px::resize(execution, from, to, options); });
}

void normalize(Array src, Array dst, std::string_view layout, std::string_view layout_out, double scale,
               const std::vector<double>& mean, const std::vector<double>& std) {
  const ImageView from = view_of(src, layout, "image"), to = writable_view_of(dst, layout_out, "out");
  const NormalizeOptions options{scale, mean, std};
  call(bytes_of(from) + bytes_of(to),
       [&](const Execution& execution) { return px::normalize(execution, from, to, options); });
}

using Place = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, bool>;

void preprocess(const OneOrMore<Array>& srcs, Array dst, const std::vector<std::string_view>& layouts,
                std::string_view layout_out, const std::vector<Place>& windows, Interpolation interpolation,
                bool antialias, const std::vector<double>& pad_value, double scale, const std::vector<double>& mean,
                const std::vector<double>& std) {
  if (layouts.size() != srcs.size()) throw py::value_error("one layout per image is needed");
  std::vector<ImageView> from;
  from.reserve(srcs.size());
  for (std::size_t i = 0; i < srcs.size(); ++i) from.push_back(view_of(srcs[i], layouts[i], "image"));
  std::vector<Window> places;
  places.reserve(windows.size());
  for (const Place& window : windows) places.push_back(std::make_from_tuple<Window>(window));
  const ImageView to = writable_view_of(dst, layout_out, "out");
  const PreprocessOptions options{interpolation, antialias, pad_value, {scale, mean, std}};
  call(-1, [&](const Execution& execution) { return px::preprocess(execution, from, places, to, options); });
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
  bind_checked_calls(module);
  bind_geometry(module);
  bind_filters(module);
  bind_op<resize>(module, "resize", {"src", "dst", "layout", "interpolation", "antialias", "box", "premultiply"});
  bind_op<normalize>(module, "normalize", {"src", "dst", "layout", "layout_out", "scale", "mean", "std"});
  bind_op<preprocess>(module, "preprocess",
                      {"srcs", "dst", "layouts", "layout_out", "windows", "interpolation", "antialias", "pad_value",
                       "scale", "mean", "std"});
  module.def("last_kernels", &last_kernels, "The ways that the last call on this thread took.");
}
