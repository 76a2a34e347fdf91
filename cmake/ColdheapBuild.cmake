# ColdheapBuild: language level, warnings, output folders, and the two functions that turn a folder of
# rooms into a library layer with its tests.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

add_library(coldheap_flags INTERFACE)
target_compile_options(coldheap_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Werror
  -fvisibility=hidden)
target_include_directories(coldheap_flags INTERFACE "${PROJECT_SOURCE_DIR}/include"
  "${PROJECT_SOURCE_DIR}/src")

# coldheap_layer(NAME [DEPENDS layer...]): all *.c of this folder except *_test.c, *_fuzz.c, *_bench.c
# become the object library coldheap_NAME; every X_test.c becomes the CTest program NAME_X_test.
function(coldheap_layer name)
  cmake_parse_arguments(arg "" "" "DEPENDS;TEST_LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.c)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz|bench)\\.c$")
  list(FILTER tests INCLUDE REGEX "_test\\.c$")
  add_library(coldheap_${name} OBJECT ${sources})
  target_link_libraries(coldheap_${name} PUBLIC coldheap_flags)
  set(objects $<TARGET_OBJECTS:coldheap_${name}>)
  foreach(layer IN LISTS arg_DEPENDS)
    list(APPEND objects $<TARGET_OBJECTS:coldheap_${layer}>)
  endforeach()
  foreach(test IN LISTS tests)
    get_filename_component(stem "${test}" NAME_WE)
    add_executable(${name}_${stem} "${test}" ${objects})
    target_link_libraries(${name}_${stem} PRIVATE coldheap_flags coldheap_harness ${arg_TEST_LIBRARIES})
    add_test(NAME ${name}/${stem} COMMAND ${name}_${stem})
  endforeach()
endfunction()
