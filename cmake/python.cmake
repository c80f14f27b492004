# pixlane._native: unpacks the arguments, releases the GIL, calls the core.
find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)
set(PYBIND11_FINDPYTHON ON)
find_package(pybind11 3.0 CONFIG REQUIRED)

file(GLOB binding_sources CONFIGURE_DEPENDS cpp/bindings/*.cpp)
# NO_EXTRAS: pybind11 would turn link-time optimisation on.
pybind11_add_module(_native MODULE NO_EXTRAS ${binding_sources})
target_compile_definitions(_native PRIVATE PIXLANE_VERSION="${PROJECT_VERSION}")
target_link_libraries(_native PRIVATE pixlane_core pixlane_flags)
install(TARGETS _native LIBRARY DESTINATION pixlane)
