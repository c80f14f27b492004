// The outcome of a native call. The core throws nothing of its own: the bindings turn a Status into
// the Python exception of the same name.
#pragma once

#include <string>
#include <utility>

namespace px {

enum class Code { ok, type_error, value_error, memory_error, interrupted, runtime_error };

struct [[nodiscard]] Status {
  Code code = Code::ok;
  std::string message;

  bool is_ok() const { return code == Code::ok; }

  static Status ok() { return {}; }
  static Status value_error(std::string message) { return {Code::value_error, std::move(message)}; }
  static Status type_error(std::string message) { return {Code::type_error, std::move(message)}; }
  static Status memory_error(std::string message) { return {Code::memory_error, std::move(message)}; }
  static Status runtime_error(std::string message) { return {Code::runtime_error, std::move(message)}; }
  static Status interrupted() { return {Code::interrupted, "interrupted"}; }
};

}  // namespace px
