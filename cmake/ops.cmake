# Reads cpp/dispatch/ops.def, the one list of ops: a name per line, # begins a comment.
#
# A name has cpp/ops/<name>.cpp, compiled once, and cpp/kernels/<name>.cpp, compiled once per instruction set. Either may be
# missing (an op that is made of other ops has no kernels; kernels that serve several ops have no op), but not both. And a file
# that no line names is an error, as it would silently not be built.
set(ops_def ${PROJECT_SOURCE_DIR}/cpp/dispatch/ops.def)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ops_def})

set(PIXLANE_OP_SOURCES "")
set(PIXLANE_KERNEL_SOURCES "")
# The globs make CMake look again when a file comes or goes.
file(GLOB ops_unlisted CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cpp/ops/*.cpp)
file(GLOB kernels_unlisted CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cpp/kernels/*.cpp)

file(STRINGS ${ops_def} lines)
foreach(line IN LISTS lines)
  string(REGEX REPLACE "#.*" "" line "${line}")
  string(STRIP "${line}" name)
  if(name STREQUAL "")
    continue()
  endif()
  if(NOT name MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "${ops_def}: '${name}' is not the name of an op")
  endif()
  set(op ${PROJECT_SOURCE_DIR}/cpp/ops/${name}.cpp)
  set(kernel ${PROJECT_SOURCE_DIR}/cpp/kernels/${name}.cpp)
  if(NOT EXISTS ${op} AND NOT EXISTS ${kernel})
    message(FATAL_ERROR "${ops_def}: '${name}' has neither cpp/ops/${name}.cpp nor cpp/kernels/${name}.cpp")
  endif()
  if(EXISTS ${op})
    list(APPEND PIXLANE_OP_SOURCES ${op})
    list(REMOVE_ITEM ops_unlisted ${op})
  endif()
  if(EXISTS ${kernel})
    list(APPEND PIXLANE_KERNEL_SOURCES ${kernel})
    list(REMOVE_ITEM kernels_unlisted ${kernel})
  endif()
endforeach()

if(ops_unlisted OR kernels_unlisted)
  message(FATAL_ERROR "${ops_def} does not name: ${ops_unlisted} ${kernels_unlisted}")
endif()
