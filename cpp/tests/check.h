// The whole test framework: CHECK counts failures and goes on, main returns check::result().
//
//   int main() {
//     CHECK(1 + 1 == 2);
//     CHECK_EQUAL(px::isa_name(isa), std::string("neon"));
//     return check::result();
//   }
#pragma once

#include <atomic>
#include <iostream>
#include <sstream>

namespace check {

inline std::atomic<int> passed{0}, failed{0};

// One write per message, so that messages of several threads do not mix.
inline void report(bool ok, const char* file, int line, const std::string& message) {
  if (ok) {
    ++passed;
    return;
  }
  ++failed;
  std::ostringstream text;
  text << file << ':' << line << ": CHECK failed: " << message << '\n';
  std::cerr << text.str() << std::flush;
}

template <class A, class B>
void equal(const A& have, const B& expected, const char* text, const char* file, int line) {
  const bool ok = have == expected;
  std::ostringstream message;
  if (!ok) message << text << "\n  have     " << have << "\n  expected " << expected;
  report(ok, file, line, message.str());
}

// For main to return. A program that checked nothing has failed.
inline int result() {
  std::cout << passed << " checks passed, " << failed << " failed\n";
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace check

#define CHECK(condition) ::check::report(static_cast<bool>(condition), __FILE__, __LINE__, #condition)
#define CHECK_EQUAL(have, expected) ::check::equal((have), (expected), #have " == " #expected, __FILE__, __LINE__)
