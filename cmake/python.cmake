# pixlane._native: unpacks the arguments, releases the GIL, calls the core.
find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)

if(SKBUILD_STATE STREQUAL "editable")
  # An editable install builds again when it is imported, and by then pip has removed the environment that it built in. So keep
  # pybind11 beside the build.
  set(kept ${PROJECT_BINARY_DIR}/pybind11)
  execute_process(
    COMMAND ${Python_EXECUTABLE} -m pybind11 --cmakedir
    OUTPUT_VARIABLE cmake_dir OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
    RESULT_VARIABLE no_pybind11)
  if(NOT no_pybind11)
    file(COPY ${cmake_dir}/../../../include ${cmake_dir}/../../../share DESTINATION ${kept})
  endif()
  set(pybind11_DIR ${kept}/share/cmake/pybind11 CACHE PATH "" FORCE)
else()
  unset(pybind11_DIR CACHE)  # the build folder outlives the environment that it was found in
endif()
set(PYBIND11_FINDPYTHON ON)
find_package(pybind11 3.0 CONFIG REQUIRED)

file(GLOB binding_sources CONFIGURE_DEPENDS cpp/bindings/*.cpp)
# NO_EXTRAS: pybind11 would turn link-time optimisation on.
pybind11_add_module(_native MODULE NO_EXTRAS ${binding_sources})
target_compile_definitions(_native PRIVATE PIXLANE_VERSION="${PROJECT_VERSION}")
target_link_libraries(_native PRIVATE pixlane_core pixlane_flags)
install(TARGETS _native LIBRARY DESTINATION pixlane)
