# ColdheapBuild: language level, warnings, profiles (checks, sanitizers, fuzzing), output folders,
# and the functions that turn a folder of rooms into a library layer with its tests, fuzz targets
# and benches. Knows nothing of any layer in particular.
#
#   coldheap_layer(NAME ...)      a folder becomes an object library and its programs
#   coldheap_variant(LAYER ...)   one source of a layer compiled once more, with other options
#   coldheap_program(NAME ...)    a command-line program in bin/
#   coldheap_test(NAME ...)       a CTest entry with the project's time limit and seed
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

set(COLDHEAP_CHECKS "none" CACHE STRING "Assertions: none, debug (CH_ASSERT), verify (and scans)")
set_property(CACHE COLDHEAP_CHECKS PROPERTY STRINGS none debug verify)
set(COLDHEAP_SANITIZE "" CACHE STRING "Sanitizers for everything: address,undefined or thread")
option(COLDHEAP_FUZZ "Link *_fuzz.c with clang's libFuzzer instead of the standalone driver" OFF)
set(COLDHEAP_LAYERS "" CACHE STRING "Only these layers, lowest first, without tools; empty: all")
set(COLDHEAP_TEST_TIMEOUT 300 CACHE STRING "Seconds until CTest ends a test program")
option(COLDHEAP_SLOW "Fewer random cases, for emulators and Valgrind (CH_TEST_SLOW)" OFF)
set(COLDHEAP_FUZZ_RUNS 2000 CACHE STRING "Random inputs of each fuzz target when run as a test")

add_library(coldheap_flags INTERFACE)
target_compile_options(coldheap_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Werror
  -fvisibility=hidden -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
target_include_directories(coldheap_flags INTERFACE
  "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")

# Where size_t has 32 bits, programs of tests take the harness's 64-bit random numbers for sizes.
add_library(coldheap_test_flags INTERFACE)
if(CMAKE_C_FLAGS_RELEASE MATCHES "--coverage")
  target_compile_definitions(coldheap_test_flags INTERFACE CH_TEST_COVERAGE=1)
endif()
if(COLDHEAP_SLOW)
  target_compile_definitions(coldheap_test_flags INTERFACE CH_TEST_SLOW=1)
endif()
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
  target_compile_options(coldheap_test_flags INTERFACE -Wno-conversion -Wno-int-to-pointer-cast)
endif()

# What gcc knows of its own calls, a .ci file beside each object, for `coldheap prove`.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND NOT COLDHEAP_SANITIZE)
  target_compile_options(coldheap_flags INTERFACE
    $<$<COMPILE_LANGUAGE:C>:-fcallgraph-info=su,da>)
endif()

if(COLDHEAP_CHECKS STREQUAL "debug")
  target_compile_definitions(coldheap_flags INTERFACE CH_DEBUG=1)
elseif(COLDHEAP_CHECKS STREQUAL "verify")
  target_compile_definitions(coldheap_flags INTERFACE CH_DEBUG=1 CH_VERIFY=1)
elseif(NOT COLDHEAP_CHECKS STREQUAL "none")
  message(FATAL_ERROR "COLDHEAP_CHECKS is '${COLDHEAP_CHECKS}'; use none, debug or verify")
endif()
if(COLDHEAP_SANITIZE)
  target_compile_options(coldheap_flags INTERFACE -fsanitize=${COLDHEAP_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(coldheap_flags INTERFACE -fsanitize=${COLDHEAP_SANITIZE})
endif()
if(COLDHEAP_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "COLDHEAP_FUZZ needs clang (cmake --preset fuzz)")
  endif()
  target_compile_options(coldheap_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# coldheap_test(NAME name COMMAND command... [TIMEOUT seconds] [LABELS label...]
#               [ENVIRONMENT NAME=VALUE...] [RUN_SERIAL])
# A CTest entry with the time limit of COLDHEAP_TEST_TIMEOUT unless it names its own.
# RUN_SERIAL: alone on the machine.
function(coldheap_test)
  cmake_parse_arguments(arg "RUN_SERIAL" "NAME;TIMEOUT" "COMMAND;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT ${COLDHEAP_TEST_TIMEOUT})
  endif()
  if(CMAKE_CROSSCOMPILING_EMULATOR)
    list(APPEND arg_ENVIRONMENT COLDHEAP_EMULATED=1)
  endif()
  add_test(NAME ${arg_NAME} COMMAND ${arg_COMMAND})
  set_tests_properties(${arg_NAME} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}"
    ENVIRONMENT "${arg_ENVIRONMENT}" RUN_SERIAL "${arg_RUN_SERIAL}")
endfunction()

# coldheap_program(NAME SOURCES file... [LAYERS layer...] [LIBRARIES library...])
# build/<preset>/bin/NAME out of its sources and the objects of the layers and of all below them.
function(coldheap_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LAYERS;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  list(TRANSFORM arg_LAYERS REPLACE "^(.+)$" "coldheap_layer_\\1")
  target_link_libraries(${name} PRIVATE coldheap_flags ${arg_LAYERS} ${arg_LIBRARIES})
endfunction()

# coldheap_layer(NAME [DEPENDS layer...] [EXCLUDE file...] [LIBRARIES library...]
#                [PACKAGES module...] [TEST_LIBRARIES library...])
# All *.c of this folder, less EXCLUDE, become
#   X_test.c    the program NAME_X_test, CTest NAME/X_test       (test/harness/harness.h)
#   X_fuzz.c    the program NAME_X_fuzz, CTest NAME/X_fuzz       (fuzz/standalone.c or libFuzzer)
#   X_bench.c   the program NAME_X_bench, CTest NAME/X_bench     (bench/harness/bench.h, --smoke)
#   the rest    the object library coldheap_NAME
# and linking to coldheap_layer_NAME brings those objects, the variants of the layer and everything
# below it. LIBRARIES are foreign libraries the layer needs, PACKAGES those that pkg-config knows
# (a module's name, with the oldest version as in "libx>=1.2"), TEST_LIBRARIES those its programs
# need.
# For one file's options use set_source_files_properties(x.c PROPERTIES COMPILE_OPTIONS "-mbmi2"),
# for a file compiled several times coldheap_variant().
function(coldheap_layer name)
  cmake_parse_arguments(arg "" "" "DEPENDS;EXCLUDE;LIBRARIES;PACKAGES;TEST_LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" *.c)
  list(REMOVE_ITEM sources ${arg_EXCLUDE} "")
  set(programs ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz|bench)\\.c$")
  list(FILTER programs INCLUDE REGEX "_(test|fuzz|bench)\\.c$")
  if(COLDHEAP_LAYERS)
    list(FILTER programs EXCLUDE REGEX "_bench\\.c$")
  endif()

  set_property(GLOBAL PROPERTY COLDHEAP_LIBRARIES_${name} "${arg_LIBRARIES}")
  set_property(GLOBAL PROPERTY COLDHEAP_PACKAGES_${name} "${arg_PACKAGES}")
  foreach(package IN LISTS arg_PACKAGES)
    find_package(PkgConfig REQUIRED)
    string(REGEX MATCH "^[^<>=]+" module "${package}")
    pkg_check_modules(${module} REQUIRED IMPORTED_TARGET GLOBAL "${package}")
    list(APPEND arg_LIBRARIES PkgConfig::${module})
  endforeach()
  add_library(coldheap_layer_${name} INTERFACE)
  foreach(layer IN LISTS arg_DEPENDS)
    target_link_libraries(coldheap_layer_${name} INTERFACE coldheap_layer_${layer})
  endforeach()
  target_link_libraries(coldheap_layer_${name} INTERFACE coldheap_flags ${arg_LIBRARIES})
  if(sources)
    add_library(coldheap_${name} OBJECT ${sources})
    target_link_libraries(coldheap_${name} PUBLIC coldheap_flags PRIVATE ${arg_LIBRARIES})
    coldheap_layer_add_objects(${name} coldheap_${name})
  endif()
  foreach(file IN LISTS programs)
    coldheap_layer_program(${name} "${file}" "${arg_TEST_LIBRARIES}")
  endforeach()
endfunction()

# coldheap_variant(LAYER NAME name SOURCE file [OPTIONS option...] [DEFINES define...])
# compiles one source into the layer under its own object library coldheap_LAYER_NAME. A file that
# exists only for its variants stands in the layer's EXCLUDE.
function(coldheap_variant layer)
  cmake_parse_arguments(arg "" "NAME;SOURCE" "OPTIONS;DEFINES" ${ARGN})
  set(target coldheap_${layer}_${arg_NAME})
  add_library(${target} OBJECT "${arg_SOURCE}")
  target_link_libraries(${target} PUBLIC coldheap_flags)
  target_compile_options(${target} PRIVATE ${arg_OPTIONS})
  target_compile_definitions(${target} PRIVATE ${arg_DEFINES})
  coldheap_layer_add_objects(${layer} ${target})
endfunction()

function(coldheap_layer_add_objects layer target)
  target_sources(coldheap_layer_${layer} INTERFACE $<TARGET_OBJECTS:${target}>)
  set_property(GLOBAL APPEND PROPERTY COLDHEAP_OBJECTS_${layer} ${target})
endfunction()

function(coldheap_layer_program layer file libraries)
  get_filename_component(stem "${file}" NAME_WE)
  set(program ${layer}_${stem})
  coldheap_program(${program} SOURCES "${file}" LAYERS ${layer} LIBRARIES ${libraries})
  if(stem MATCHES "_test$")
    target_link_libraries(${program} PRIVATE coldheap_harness)
    coldheap_test(NAME ${layer}/${stem} COMMAND ${program} LABELS unit)
  elseif(stem MATCHES "_fuzz$")
    target_link_libraries(${program} PRIVATE coldheap_fuzz_main)
    string(REGEX REPLACE "_fuzz$" "" room "${stem}")
    coldheap_fuzz_test(${layer}/${stem} ${program} ${layer}_${room})
  else()
    target_link_libraries(${program} PRIVATE coldheap_bench)
    coldheap_test(NAME ${layer}/${stem} COMMAND ${program} --smoke LABELS bench)
  endif()
endfunction()

# coldheap_fuzz_test(NAME PROGRAM CORPUS): a fuzz target as a test: its corpus
# fuzz/corpus/CORPUS, if there is one, then COLDHEAP_FUZZ_RUNS random inputs.
function(coldheap_fuzz_test name program corpus)
  set(folder "${PROJECT_SOURCE_DIR}/fuzz/corpus/${corpus}")
  if(NOT EXISTS "${folder}")
    set(folder "")
  endif()
  if(COLDHEAP_FUZZ)
    coldheap_test(NAME ${name} LABELS fuzz
      COMMAND ${program} -runs=${COLDHEAP_FUZZ_RUNS} -timeout=30 ${folder})
  else()
    coldheap_test(NAME ${name} LABELS fuzz
      COMMAND ${program} --runs ${COLDHEAP_FUZZ_RUNS} ${folder})
  endif()
endfunction()
