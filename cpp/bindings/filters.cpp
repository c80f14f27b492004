#include "bindings/filters.h"

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/execution.h"
#include "bindings/op.h"
#include "bindings/unpack_ops.h"
#include "ops/box.h"
#include "ops/cascade.h"
#include "ops/correlate.h"
#include "ops/magnitude.h"
#include "ops/morphology.h"
#include "ops/rank.h"
#include "ops/unsharp.h"

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
struct Unpack<SumPass> {
  static SumPass from(PyObject* value, const char* name) {
    const auto [taps, shift] = Unpack<std::tuple<Array, std::int64_t>>::from(value, name);
    if (taps.kind() != 'f' || taps.item_size() != sizeof(double) || taps.ndim() != 2 || taps.size(1) != 3 ||
        !taps.is_c_contiguous() || !taps.is_aligned()) {
      throw py::value_error("taps must be rows of float64: dy, dx and weight");
    }
    return {{reinterpret_cast<const Tap*>(taps.data()), static_cast<std::size_t>(taps.size(0))}, shift};
  }
};

template <>
struct Unpack<SumType> {
  static SumType from(PyObject* value, const char* name) {
    const auto sums = Unpack<std::string_view>::from(value, name);
    if (sums == "uint16") return SumType::u16;
    if (sums == "int32") return SumType::i32;
    if (sums == "float32") return SumType::f32;
    if (sums == "float64") return SumType::f64;
    throw py::value_error("unknown arithmetic '" + std::string(sums) + "'");
  }
};

template <>
struct Unpack<BoxRows> {
  static BoxRows from(PyObject* value, const char* name) {
    const auto rows = Unpack<std::string_view>::from(value, name);
    if (rows == "slide") return BoxRows::slide;
    if (rows == "order") return BoxRows::order;
    if (rows == "eight") return BoxRows::eight;
    if (rows == "blocks") return BoxRows::blocks;
    throw py::value_error("unknown way of summing rows '" + std::string(rows) + "'");
  }
};

template <>
struct Unpack<BoxLine> {
  static BoxLine from(PyObject* value, const char* name) {
    return std::make_from_tuple<BoxLine>(Unpack<std::tuple<std::int64_t, std::int64_t>>::from(value, name));
  }
};

template <>
struct Unpack<CascadeTable> {
  static CascadeTable from(PyObject* value, const char* name) {
    const auto [first, weights, shift] = Unpack<std::tuple<Array, Array, std::int64_t>>::from(value, name);
    const auto is_close = [](const Array& array) { return array.is_c_contiguous() && array.is_aligned(); };
    const bool integers = weights.kind() == 'i' && weights.item_size() == 2;
    const bool reals = weights.kind() == 'f' && (weights.item_size() == 4 || weights.item_size() == 8);
    if (first.kind() != 'i' || first.item_size() != 4 || first.ndim() != 1 || !is_close(first) ||
        (!integers && !reals) || weights.ndim() != 2 || !is_close(weights)) {
      throw py::value_error("a table must be int32 starts, rows of weights and a shift");
    }
    return {{reinterpret_cast<const std::int32_t*>(first.data()), static_cast<std::size_t>(first.size(0))},
            weights.data(),
            integers                   ? DType::i16
            : weights.item_size() == 4 ? DType::f32
                                       : DType::f64,
            weights.size(0),
            weights.size(1),
            shift};
  }
};

using Sums = std::tuple<SumArithmetic, std::vector<SumPass>>;
using Coarse = std::tuple<SumArithmetic, SumArithmetic, std::tuple<CascadeAxis, CascadeAxis>>;
using Blur = std::variant<Sums, Coarse>;

template <>
struct Unpack<CascadeAxis> {
  static CascadeAxis from(PyObject* value, const char* name) {
    using Table = std::optional<CascadeTable>;
    return std::make_from_tuple<CascadeAxis>(
        Unpack<std::tuple<Border, std::int64_t, Table, CascadeTable, Table>>::from(value, name));
  }
};

template <>
struct Unpack<Blur> {
  static Blur from(PyObject* value, const char* name) {
    if (PyTuple_Check(value) && PyTuple_GET_SIZE(value) == 2) return Unpack<Sums>::from(value, name);
    return Unpack<Coarse>::from(value, name);
  }
};

namespace {

Alpha divided_if(bool premultiply) { return premultiply ? Alpha::divided : Alpha::channel; }

void box(Array src, Array dst, std::string_view layout, SumType sums, BoxRows down,
         std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t> window, std::int64_t block,
         std::vector<std::vector<BoxLine>> levels, Borders borders, Array value, bool premultiply,
         std::optional<Array> mask) {
  const ImageView from = view_of(src, layout, "image"), to = writable_view_of(dst, layout, "out");
  const auto [top, left, rows, columns] = window;
  BoxOptions options{sums,    down,
                     top,     left,
                     rows,    columns,
                     block,   std::move(levels),
                     borders, pixel_of(value, from),
                     {},      divided_if(premultiply)};
  if (mask) options.mask = view_of(*mask, "NHW", "mask");
  call(bytes_of(from) + bytes_of(to),
       [&](const Execution& execution) { return px::box(execution, from, to, options); });
}

DType real_of(SumArithmetic arithmetic) {
  if (arithmetic == SumArithmetic::integer) throw py::value_error("reals are float32 or float64");
  return arithmetic == SumArithmetic::f64 ? DType::f64 : DType::f32;
}

using CascadeAxes = std::tuple<CascadeAxis, CascadeAxis>;

CascadeOptions cascade_options(SumArithmetic down, SumArithmetic work, const CascadeAxes& axes, const Borders& borders,
                               const Array& value, const ImageView& from, Alpha alpha) {
  return {down, real_of(work), std::get<0>(axes), std::get<1>(axes), borders, pixel_of(value, from), {}, alpha};
}

void cascade(Array src, Array dst, std::string_view layout, SumArithmetic down, SumArithmetic work,
             const CascadeAxes& axes, Borders borders, Array value, bool premultiply) {
  const ImageView from = view_of(src, layout, "image"), to = writable_view_of(dst, layout, "out");
  const CascadeOptions options = cascade_options(down, work, axes, borders, value, from, divided_if(premultiply));
  call(bytes_of(from) + bytes_of(to),
       [&](const Execution& execution) { return px::cascade(execution, from, to, options); });
}

void correlate(Array src, Array dst, std::string_view layout, SumArithmetic arithmetic,
               const std::vector<SumPass>& passes, Borders borders, Array value, bool premultiply) {
  const ImageView from = view_of(src, layout, "image"), to = writable_view_of(dst, layout, "out");
  const CorrelateOptions options{arithmetic, passes, borders, pixel_of(value, from), divided_if(premultiply)};
  call(bytes_of(from) + bytes_of(to),
       [&](const Execution& execution) { return px::correlate(execution, from, to, options); });
}

void magnitude(Array src, Array dst, std::string_view layout, SumArithmetic real, const Sums& x, const Sums& y,
               Borders borders, Array value) {
  const ImageView from = view_of(src, layout, "image"), to = writable_view_of(dst, layout, "out");
  const DType components = real_of(real);
  const auto options = [&](const Sums& sums) {
    return CorrelateOptions{std::get<0>(sums), std::get<1>(sums), borders, pixel_of(value, from)};
  };
  call(2 * bytes_of(from) + bytes_of(to), [&](const Execution& execution) {
    return px::magnitude(execution, from, to, components, options(x), options(y));
  });
}

void morphology(Array src, Array dst, std::string_view layout, MorphologyKind kind,
                const std::vector<ElementBox>& boxes, const std::vector<double>& heights, Borders borders,
                Array value) {
  const ImageView from = ordered(view_of(src, layout, "image"), src.kind());
  const ImageView to = ordered(writable_view_of(dst, layout, "out"), dst.kind());
  const MorphologyOptions options{kind, boxes, heights, borders, pixel_of(value, from)};
  call(bytes_of(from) + bytes_of(to),
       [&](const Execution& execution) { return px::morphology(execution, from, to, options); });
}

void rank(Array src, Array dst, std::string_view layout, const std::vector<ElementBox>& boxes, std::int64_t rank,
          Borders borders, Array value, std::optional<Array> mask) {
  const ImageView from = ordered(view_of(src, layout, "image"), src.kind());
  const ImageView to = ordered(writable_view_of(dst, layout, "out"), dst.kind());
  RankOptions options{boxes, rank, borders, pixel_of(value, from)};
  if (mask) options.mask = view_of(*mask, "NHW", "mask");
  call(bytes_of(from) + bytes_of(to),
       [&](const Execution& execution) { return px::rank(execution, from, to, options); });
}

void unsharp(Array src, Array dst, std::string_view layout, SumArithmetic work, const Blur& plan, double amount,
             double threshold, Borders borders, Array value, bool premultiply) {
  const ImageView from = view_of(src, layout, "image"), to = writable_view_of(dst, layout, "out");
  const Alpha alpha = divided_if(premultiply);
  std::variant<CorrelateOptions, CascadeOptions> blur;
  if (const auto* const sums = std::get_if<Sums>(&plan)) {
    blur = CorrelateOptions{std::get<0>(*sums), std::get<1>(*sums), borders, pixel_of(value, from), alpha};
  } else {
    const auto& [down, coarse, axes] = std::get<Coarse>(plan);
    blur = cascade_options(down, coarse, axes, borders, value, from, alpha);
  }
  call(2 * bytes_of(from) + bytes_of(to),
       [&](const Execution& execution) { return px::unsharp(execution, from, to, work, blur, {amount, threshold}); });
}

}  // namespace

void bind_filters(py::module_& module) {
  bind_op<box>(module, "box",
               {"src", "dst", "layout", "arithmetic", "down", "window", "block", "levels", "borders", "value",
                "premultiply", "mask"});
  bind_op<cascade>(module, "cascade",
                   {"src", "dst", "layout", "down", "work", "axes", "borders", "value", "premultiply"});
  bind_op<correlate>(module, "correlate",
                     {"src", "dst", "layout", "arithmetic", "passes", "borders", "value", "premultiply"});
  bind_op<magnitude>(module, "magnitude", {"src", "dst", "layout", "real", "x", "y", "borders", "value"});
  bind_op<morphology>(module, "morphology", {"src", "dst", "layout", "kind", "boxes", "heights", "borders", "value"});
  bind_op<rank>(module, "rank", {"src", "dst", "layout", "boxes", "rank", "borders", "value", "mask"});
  bind_op<unsharp>(module, "unsharp",
                   {"src", "dst", "layout", "work", "plan", "amount", "threshold", "borders", "value", "premultiply"});
}

}  // namespace px::bindings
