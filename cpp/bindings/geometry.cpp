#include "bindings/geometry.h"

#include <string>
#include <string_view>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/execution.h"
#include "bindings/op.h"
#include "bindings/unpack_ops.h"
#include "ops/copy.h"
#include "ops/displacement.h"
#include "ops/pad.h"
#include "ops/pyramid_down.h"
#include "ops/pyramid_up.h"
#include "ops/remap.h"
#include "ops/warp.h"

namespace py = pybind11;

namespace px::bindings {

namespace {

void copy(Array src, Array dst, std::string_view layout, const Axes& axes) {
  const ImageView to = writable_view_of(dst, layout, "out"), from = view_of(src, layout, "image", axes, dst);
  call(2 * bytes_of(to), [&](const Execution& execution) { return px::copy(execution, from, to); });
}

void pad(Array src, Array dst, std::string_view layout, std::int64_t top, std::int64_t left, Border border,
         Array value) {
  const ImageView from = view_of(src, layout, "image"), to = writable_view_of(dst, layout, "out");
  const PadOptions options{top, left, border, pixel_of(value, from)};
  call(2 * bytes_of(to), [&](const Execution& execution) { return px::pad(execution, from, to, options); });
}

void pyramid_down(Array src, Array dst, std::string_view layout, Border border, Array value, bool premultiply) {
  const ImageView from = view_of(src, layout, "image"), to = writable_view_of(dst, layout, "out");
  const std::byte* const pixel = pixel_of(value, from);
  call(2 * bytes_of(from),
       [&](const Execution& execution) { return px::pyramid_down(execution, from, to, border, pixel, premultiply); });
}

void pyramid_up(Array src, Array dst, std::string_view layout, bool premultiply) {
  const ImageView from = view_of(src, layout, "image"), to = writable_view_of(dst, layout, "out");
  call(2 * bytes_of(to), [&](const Execution& execution) { return px::pyramid_up(execution, from, to, premultiply); });
}

// What a warp costs is its result's, some times over.
std::int64_t warp_bytes(const ImageView& to) { return 8 * bytes_of(to); }

void warp(Array src, Array dst, std::string_view layout, const std::vector<WarpMatrix>& matrices,
          Interpolation interpolation, Border border, Array value, bool premultiply) {
  const ImageView from = view_of(src, layout, "image"), to = writable_view_of(dst, layout, "out");
  const WarpOptions options{interpolation, border, pixel_of(value, from), premultiply};
  call(warp_bytes(to), [&](const Execution& execution) { return px::warp(execution, from, to, matrices, options); });
}

void remap(Array src, Array dst, std::string_view layout, Array map_x, Array map_y, bool relative,
           Interpolation interpolation, Border border, Array value, bool premultiply) {
  const ImageView from = view_of(src, layout, "image"), to = writable_view_of(dst, layout, "out");
  const auto map_view = [](const Array& map, const char* name) {
    return view_of(map, map.ndim() == 3 ? "NHW" : "HW", name);
  };
  const Maps maps{map_view(map_x, "map_x"), map_view(map_y, "map_y"), map_type_of(map_x), relative};
  if (map_type_of(map_y) != maps.type) throw py::type_error("map_x and map_y must have one dtype");
  const WarpOptions options{interpolation, border, pixel_of(value, from), premultiply};
  call(warp_bytes(to), [&](const Execution& execution) { return px::remap(execution, from, to, maps, options); });
}

void displacement(Array dst, std::uint64_t seed, double sigma, double alpha) {
  const ImageView to = writable_view_of(dst, "NHW", "out");
  call(-1, [&](const Execution& execution) { return px::displacement(execution, to, seed, sigma, alpha); });
}

}  // namespace

void bind_geometry(py::module_& module) {
  bind_op<copy>(module, "copy", {"src", "dst", "layout", "axes"});
  bind_op<pad>(module, "pad", {"src", "dst", "layout", "top", "left", "border", "value"});
  bind_op<pyramid_down>(module, "pyramid_down", {"src", "dst", "layout", "border", "value", "premultiply"});
  bind_op<pyramid_up>(module, "pyramid_up", {"src", "dst", "layout", "premultiply"});
  bind_op<warp>(module, "warp",
                {"src", "dst", "layout", "matrices", "interpolation", "border", "value", "premultiply"});
  bind_op<remap>(
      module, "remap",
      {"src", "dst", "layout", "map_x", "map_y", "relative", "interpolation", "border", "value", "premultiply"});
  bind_op<displacement>(module, "displacement", {"dst", "seed", "sigma", "alpha"});
}

}  // namespace px::bindings
