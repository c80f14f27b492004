# pixlane._cuda: the ops under cuda/, by nvcc, where there is a GPU to run them or architectures are asked for. And
# pixlane._cuda_host, only if asked for: the same sources compiled by the C++ compiler against cuda/host, for tests.
#
#   PIXLANE_CUDA                 AUTO (nvcc and a GPU are here), ON, OFF
#   PIXLANE_CUDA_ARCHITECTURES   native (the GPU that is here), all (sm_75 to sm_120, and PTX for later ones), or a list
#                                as CMAKE_CUDA_ARCHITECTURES takes it
#   PIXLANE_CUDA_HOST            OFF, ON
set(PIXLANE_CUDA AUTO CACHE STRING "Build pixlane._cuda: AUTO, ON or OFF")
set(PIXLANE_CUDA_ARCHITECTURES "native" CACHE STRING "native, all, or a list of architectures")
option(PIXLANE_CUDA_HOST "Build pixlane._cuda_host, the CUDA kernels without a GPU, for tests" OFF)

file(GLOB cuda_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cuda/*.cu ${PROJECT_SOURCE_DIR}/cuda/kernels/*.cu)
# What the bindings of all backends share.
set(cuda_bindings
    ${PROJECT_SOURCE_DIR}/cpp/bindings/arrays.cpp ${PROJECT_SOURCE_DIR}/cpp/bindings/outcome.cpp
    ${PROJECT_SOURCE_DIR}/cuda/bindings/device_array.cpp ${PROJECT_SOURCE_DIR}/cuda/bindings/module.cpp)

function(pixlane_cuda_module name)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/cuda ${PROJECT_SOURCE_DIR}/cpp)
  target_compile_definitions(${name} PRIVATE PIXLANE_VERSION="${PROJECT_VERSION}")
  target_link_libraries(${name} PRIVATE pixlane_core)
  install(TARGETS ${name} LIBRARY DESTINATION pixlane)
endfunction()

set(build_cuda ${PIXLANE_CUDA})
if(PIXLANE_CUDA STREQUAL "AUTO")
  set(build_cuda OFF)
  if(EXISTS /dev/nvidiactl OR EXISTS /dev/dxg OR NOT PIXLANE_CUDA_ARCHITECTURES STREQUAL "native")
    include(CheckLanguage)
    check_language(CUDA)
    if(CMAKE_CUDA_COMPILER)
      set(build_cuda ON)
    endif()
  endif()
endif()

if(build_cuda)
  set(architectures ${PIXLANE_CUDA_ARCHITECTURES})
  if(architectures STREQUAL "all")
    set(architectures 75-real 80-real 86-real 89-real 90-real 100-real 120)
  endif()
  set(CMAKE_CUDA_ARCHITECTURES ${architectures})
  if(CCACHE_PROGRAM AND NOT CMAKE_CUDA_COMPILER_LAUNCHER)
    set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  endif()
  enable_language(CUDA)
  foreach(kind STANDARD EXTENSION)  # nvcc 12 and later have C++20, which CMake before 3.26 does not know
    if(NOT CMAKE_CUDA20_${kind}_COMPILE_OPTION)
      set(CMAKE_CUDA20_${kind}_COMPILE_OPTION -std=c++20)
    endif()
  endforeach()
  find_package(CUDAToolkit REQUIRED)
  add_library(pixlane_cuda_kernels OBJECT ${cuda_sources})
  target_include_directories(pixlane_cuda_kernels PRIVATE ${PROJECT_SOURCE_DIR}/cuda ${PROJECT_SOURCE_DIR}/cpp)
  set_target_properties(
    pixlane_cuda_kernels PROPERTIES CUDA_STANDARD 20 CUDA_STANDARD_REQUIRED ON CUDA_VISIBILITY_PRESET hidden POSITION_INDEPENDENT_CODE ON
                                    CUDA_ARCHITECTURES "${architectures}")
  # One answer: no fused multiply-add on the GPU, nor in the host code of the same files.
  target_compile_options(pixlane_cuda_kernels PRIVATE --fmad=false -Xcompiler=-ffp-contract=off,-Wall
                                                      -Xcompiler=-Wno-unknown-pragmas
                                                      --diag-suppress=2810) # an assignment is a use, too
  target_link_libraries(pixlane_cuda_kernels PRIVATE CUDA::cudart_static)

  pybind11_add_module(_cuda MODULE NO_EXTRAS ${cuda_bindings} $<TARGET_OBJECTS:pixlane_cuda_kernels>)
  pixlane_cuda_module(_cuda)
  string(REPLACE ";" " " listed "${architectures}")
  target_compile_definitions(_cuda PRIVATE PX_CUDA_ARCHITECTURES="${listed}")
  set_target_properties(_cuda PROPERTIES CUDA_RUNTIME_LIBRARY Static LINKER_LANGUAGE CXX)
  target_link_libraries(_cuda PRIVATE pixlane_flags CUDA::cudart_static)
endif()

if(PIXLANE_CUDA_HOST)
  # A C++ file per .cu, as CMake knows one language per file.
  set(host_sources ${PROJECT_SOURCE_DIR}/cuda/host/grid.cpp)
  foreach(source IN LISTS cuda_sources)
    get_filename_component(name ${source} NAME_WE)
    get_filename_component(folder ${source} DIRECTORY)
    get_filename_component(folder ${folder} NAME)
    set(included ${PROJECT_BINARY_DIR}/cuda_host/${folder}_${name}.cpp)
    file(CONFIGURE OUTPUT ${included} CONTENT "#include \"${source}\"\n" @ONLY)
    list(APPEND host_sources ${included})
  endforeach()
  add_library(pixlane_cuda_host STATIC ${host_sources})
  target_compile_definitions(pixlane_cuda_host PUBLIC PX_CUDA_HOST)
  target_include_directories(pixlane_cuda_host BEFORE PUBLIC ${PROJECT_SOURCE_DIR}/cuda/host ${PROJECT_SOURCE_DIR}/cuda)
  target_link_libraries(pixlane_cuda_host PUBLIC pixlane_core PRIVATE pixlane_flags)
  if(PIXLANE_PYTHON)
    pybind11_add_module(_cuda_host MODULE NO_EXTRAS ${cuda_bindings})
    pixlane_cuda_module(_cuda_host)
    target_link_libraries(_cuda_host PRIVATE pixlane_cuda_host pixlane_flags)
  endif()
endif()
