# CMake package of the guard: targets coldheap::guard and coldheap::guard-static (its run time,
# linked in), coldheap::preload, coldheap::command (the program, where it was installed), and
#
#   coldheap_add_hot_test(NAME test COMMAND program [argument...] [MODE log|abort|count|deny]
#                         [REQUIRE section...] [BUDGET file] [SUPPRESS file] [OPTIONS flag...])
#     A test that runs the program under `coldheap check`. REQUIRE: sections that must be entered
#     (default: all).
#   coldheap_add_proof(NAME test TARGETS target... [ROOTS glob...] [POLICY file] [MAX_STACK bytes]
#                      [OPTIONS flag...])
#     A test that runs `coldheap prove` over the targets' objects, which are compiled so that gcc
#     tells their calls and stack frames.
#
# Relative files are those of the calling CMakeLists.txt. Any status but 0 fails the test: 97 a
# finding, 96 not proven, 98 nothing was checked.
include("${CMAKE_CURRENT_LIST_DIR}/coldheap-guard-targets.cmake")

function(coldheap_guard_needs_command function)
  if(NOT TARGET coldheap::command)
    message(FATAL_ERROR "${function}: coldheap was installed without its command")
  endif()
endfunction()

function(coldheap_guard_unparsed function unparsed name)
  if(unparsed)
    message(FATAL_ERROR "${function}: unknown argument ${unparsed}")
  elseif(NOT name)
    message(FATAL_ERROR "${function}: no NAME")
  endif()
endfunction()

# --flag=file for a file that is named relative to the caller.
function(coldheap_guard_file result flag file)
  if(file)
    get_filename_component(file "${file}" ABSOLUTE)
    set(${result} "${flag}=${file}" PARENT_SCOPE)
  else()
    set(${result} "" PARENT_SCOPE)
  endif()
endfunction()

function(coldheap_add_hot_test)
  cmake_parse_arguments(arg "" "NAME;MODE;BUDGET;SUPPRESS" "COMMAND;REQUIRE;OPTIONS" ${ARGN})
  coldheap_guard_needs_command(coldheap_add_hot_test)
  coldheap_guard_unparsed(coldheap_add_hot_test "${arg_UNPARSED_ARGUMENTS}" "${arg_NAME}")
  list(POP_FRONT arg_COMMAND program)
  if(NOT program)
    message(FATAL_ERROR "coldheap_add_hot_test(${arg_NAME}): no COMMAND")
  endif()
  if(TARGET ${program})
    set(program "$<TARGET_FILE:${program}>")
  endif()
  if(NOT arg_MODE)
    set(arg_MODE log)
  endif()
  if(NOT arg_REQUIRE)
    set(arg_REQUIRE all)
  endif()
  list(TRANSFORM arg_REQUIRE PREPEND "--require=")
  coldheap_guard_file(budget --budget-file "${arg_BUDGET}")
  coldheap_guard_file(suppress --suppress "${arg_SUPPRESS}")
  add_test(NAME ${arg_NAME} COMMAND $<TARGET_FILE:coldheap::command> check --mode=${arg_MODE}
    ${arg_REQUIRE} ${budget} ${suppress} ${arg_OPTIONS} -- ${program} ${arg_COMMAND})
endfunction()

function(coldheap_add_proof)
  cmake_parse_arguments(arg "" "NAME;POLICY;MAX_STACK" "TARGETS;ROOTS;OPTIONS" ${ARGN})
  coldheap_guard_needs_command(coldheap_add_proof)
  coldheap_guard_unparsed(coldheap_add_proof "${arg_UNPARSED_ARGUMENTS}" "${arg_NAME}")
  if(NOT arg_TARGETS)
    message(FATAL_ERROR "coldheap_add_proof(${arg_NAME}): no TARGETS")
  endif()
  set(objects "")
  foreach(target IN LISTS arg_TARGETS)
    target_compile_options(${target} PRIVATE -ffunction-sections
      $<$<COMPILE_LANG_AND_ID:C,GNU>:-fcallgraph-info=su,da>
      $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fcallgraph-info=su,da>)
    list(APPEND objects $<TARGET_OBJECTS:${target}>)
  endforeach()
  list(TRANSFORM arg_ROOTS PREPEND "--root=")
  coldheap_guard_file(policy --policy "${arg_POLICY}")
  if(arg_MAX_STACK)
    set(stack --max-stack=${arg_MAX_STACK})
  endif()
  add_test(NAME ${arg_NAME} COMMAND $<TARGET_FILE:coldheap::command> prove ${arg_ROOTS} ${policy}
    ${stack} ${arg_OPTIONS} ${objects} COMMAND_EXPAND_LISTS)
endfunction()
