# ColdheapCxx: C++ where a compiler for it is there (COLDHEAP_CXX): programs that use the library
# from C++, and rivals of benches. The library itself is C. Only standard C++17.
include(CheckLanguage)

# The sibling of the C compiler: objects of both are linked, with one sanitizer.
if(NOT CMAKE_CXX_COMPILER AND CMAKE_C_COMPILER_ID MATCHES "Clang")
  string(REGEX REPLACE "clang([^/]*)$" "clang++\\1" sibling "${CMAKE_C_COMPILER}")
  if(EXISTS "${sibling}")
    set(CMAKE_CXX_COMPILER "${sibling}")
  endif()
endif()
set(COLDHEAP_CXX NO)
if(NOT CMAKE_CROSSCOMPILING) # this machine's compiler builds nothing for another one
  check_language(CXX)
endif()
if(CMAKE_CXX_COMPILER)
  enable_language(CXX)
  set(CMAKE_CXX_STANDARD 17)
  set(CMAKE_CXX_STANDARD_REQUIRED ON)
  set(CMAKE_CXX_EXTENSIONS OFF)
  set(COLDHEAP_CXX YES)
endif()
