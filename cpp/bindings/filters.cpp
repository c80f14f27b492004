#include "bindings/filters.h"

#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/execution.h"
#include "bindings/op.h"
#include "ops/correlate.h"
#include "ops/magnitude.h"

namespace py = pybind11;

namespace px::bindings {

template <>
struct Unpack<SumArithmetic> {
  static SumArithmetic from(PyObject* value, const char* name) {
    const auto arithmetic = Unpack<std::string_view>::from(value, name);
    if (arithmetic == "integer") return SumArithmetic::integer;
    if (arithmetic == "float32") return SumArithmetic::f32;
    if (arithmetic == "float64") return SumArithmetic::f64;
    throw py::value_error("unknown arithmetic '" + std::string(arithmetic) + "'");
  }
};

template <>
struct Unpack<Tap> {
  static Tap from(PyObject* value, const char* name) {
    return std::make_from_tuple<Tap>(Unpack<std::tuple<std::int64_t, std::int64_t, double>>::from(value, name));
  }
};

template <>
struct Unpack<SumPass> {
  static SumPass from(PyObject* value, const char* name) {
    auto [taps, shift] = Unpack<std::tuple<std::vector<Tap>, std::int64_t>>::from(value, name);
    if (shift < 0 || shift > 62) throw py::value_error("shift is out of range");
    return {std::move(taps), static_cast<int>(shift)};
  }
};

template <>
struct Unpack<Borders> {
  static Borders from(PyObject* value, const char* name) {
    return std::make_from_tuple<Borders>(Unpack<std::tuple<Border, Border>>::from(value, name));
  }
};

namespace {

void correlate(Array src, Array dst, std::string_view layout, SumArithmetic arithmetic,
               const std::vector<SumPass>& passes, Borders borders, Array value) {
  const ImageView from = view_of(src, layout, "image"), to = writable_view_of(dst, layout, "out");
  const CorrelateOptions options{arithmetic, passes, borders, pixel_of(value, from)};
  call(bytes_of(from) + bytes_of(to),
       [&](const Execution& execution) { return px::correlate(execution, from, to, options); });
}

void magnitude(Array x, Array y, Array dst, std::string_view layout) {
  const ImageView along_x = view_of(x, layout, "x"), along_y = view_of(y, layout, "y");
  const ImageView to = writable_view_of(dst, layout, "out");
  call(3 * bytes_of(to), [&](const Execution& execution) { return px::magnitude(execution, along_x, along_y, to); });
}

}  // namespace

void bind_filters(py::module_& module) {
  bind_op<correlate>(module, "correlate", {"src", "dst", "layout", "arithmetic", "passes", "borders", "value"});
  bind_op<magnitude>(module, "magnitude", {"x", "y", "dst", "layout"});
}

}  // namespace px::bindings
