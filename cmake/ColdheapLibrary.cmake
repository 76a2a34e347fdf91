# ColdheapLibrary: what users of the project get. coldheap_library() joins layers into a shared and
# a static library with hidden internals, and installs them with their headers, a pkg-config file
# and a CMake package, both relocatable.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# coldheap_library(NAME DESCRIPTION text LAYERS layer... [REQUIRES library...] [HEADERS folder])
# Layers that are not there are left out; without any layer there is no library. Exported names are
# those of cmake/NAME.map. REQUIRES are libraries made by this function before.
function(coldheap_library name)
  cmake_parse_arguments(arg "" "DESCRIPTION;HEADERS" "LAYERS;REQUIRES" ${ARGN})
  set(objects "")
  set(libraries "")
  set(packages "")
  foreach(layer IN LISTS arg_LAYERS)
    get_property(targets GLOBAL PROPERTY COLDHEAP_OBJECTS_${layer})
    get_property(needed GLOBAL PROPERTY COLDHEAP_LIBRARIES_${layer})
    get_property(modules GLOBAL PROPERTY COLDHEAP_PACKAGES_${layer})
    list(TRANSFORM targets REPLACE "^(.+)$" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE layer_objects)
    list(APPEND objects ${layer_objects})
    list(APPEND libraries ${needed})
    list(APPEND packages ${modules})
  endforeach()
  if(NOT objects)
    return()
  endif()
  list(TRANSFORM packages REPLACE "[<>=].*" "" OUTPUT_VARIABLE modules)
  list(TRANSFORM modules PREPEND "PkgConfig::" OUTPUT_VARIABLE imported)
  set(map "${PROJECT_SOURCE_DIR}/cmake/${name}.map")
  foreach(kind shared static)
    string(TOUPPER ${kind} type)
    set(target ${name}_${kind})
    add_library(${target} ${type} ${objects})
    target_include_directories(${target} PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
      "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
    list(TRANSFORM arg_REQUIRES REPLACE "^(.+)$" "\\1_${kind}" OUTPUT_VARIABLE requires)
    target_link_libraries(${target} PUBLIC ${requires} PRIVATE ${libraries} ${imported})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name} LINKER_LANGUAGE C)
  endforeach()
  set_target_properties(${name}_shared PROPERTIES VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR} EXPORT_NAME ${name} INSTALL_RPATH "$ORIGIN"
    LINK_DEPENDS "${map}")
  set_target_properties(${name}_static PROPERTIES EXPORT_NAME ${name}-static)
  target_link_options(${name}_shared PRIVATE "LINKER:--version-script=${map}")
  if(COLDHEAP_SANITIZE)
    target_link_options(${name}_shared PRIVATE -fsanitize=${COLDHEAP_SANITIZE})
  else()
    target_link_options(${name}_shared PRIVATE "LINKER:-z,defs")
  endif()
  coldheap_library_install(${name} "${arg_DESCRIPTION}" "${arg_REQUIRES}" "${libraries}"
    "${packages}")
endfunction()

function(coldheap_library_install name description requires libraries packages)
  install(TARGETS ${name}_shared ${name}_static EXPORT ${name}-targets)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/${name}" TYPE INCLUDE FILES_MATCHING
    PATTERN "*.h" PATTERN "*.inc")
  set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/${name}")
  install(EXPORT ${name}-targets NAMESPACE ${name}:: DESTINATION "${package_folder}")

  set(PC_NAME ${name})
  set(PC_DESCRIPTION "${description}")
  string(REPLACE ";" " " PC_REQUIRES "${requires}")
  list(TRANSFORM libraries PREPEND "-l")
  string(REPLACE ";" " " PC_LIBS_PRIVATE "${libraries}")
  list(TRANSFORM packages REPLACE "([<>=]+)" " \\1 " OUTPUT_VARIABLE PC_REQUIRES_PRIVATE)
  list(JOIN PC_REQUIRES_PRIVATE ", " PC_REQUIRES_PRIVATE)
  string(REPLACE ";" " " PC_PACKAGES "${packages}")
  file(RELATIVE_PATH PC_UP "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" PC_UP "${PC_UP}")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/package.pc.in" ${name}.pc @ONLY)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/package.cmake.in" ${name}-config.cmake @ONLY)
  write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/${name}-config-version.cmake"
    COMPATIBILITY SameMinorVersion)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/${name}.pc"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/${name}-config.cmake"
    "${CMAKE_CURRENT_BINARY_DIR}/${name}-config-version.cmake" DESTINATION "${package_folder}")
endfunction()
