# syscall_names(FILE): the system calls of this machine as rows X(NUMBER, NAME), from its own
# <asm/unistd.h>, ascending by number. Read by the guard's run time and by the command.
function(syscall_names output)
  execute_process(COMMAND "${CMAKE_COMMAND}" -E echo "#include <asm/unistd.h>"
    COMMAND "${CMAKE_C_COMPILER}" -E -dM -x c -
    OUTPUT_VARIABLE macros RESULT_VARIABLE status)
  string(REGEX MATCHALL "#define __NR_[a-z0-9_]+ [0-9]+" lines "${macros}")
  if(NOT status EQUAL 0 OR lines STREQUAL "")
    message(FATAL_ERROR "no names of system calls in <asm/unistd.h>")
  endif()
  set(rows)
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "#define __NR_([a-z0-9_]+) ([0-9]+)" "X(\\2, \\1)" row "${line}")
    list(APPEND rows "${row}")
  endforeach()
  list(SORT rows COMPARE NATURAL)
  list(JOIN rows "\n" text)
  file(CONFIGURE OUTPUT "${output}" CONTENT "${text}\n" @ONLY)
endfunction()
