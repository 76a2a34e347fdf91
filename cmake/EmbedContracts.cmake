# EmbedContracts: contracts/expected.json and contracts/<case>/*.hex -> one C file with the table
# that tools/coldevm/contracts.h declares. Plain CMake: a build needs no node and no JSON library.
#
# As a module it brings coldheap_embed_contracts(TARGET): an object library made from the generated
# file. As a script (cmake -DCONTRACTS=dir -DOUTPUT=file -P) it is the generator that the library's
# build rule runs again when any of its inputs changed.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(COLDHEAP_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")

  function(coldheap_embed_contracts target)
    set(folder "${PROJECT_SOURCE_DIR}/contracts")
    set(output "${CMAKE_CURRENT_BINARY_DIR}/contracts_embedded.c")
    file(GLOB inputs CONFIGURE_DEPENDS "${folder}/*/*.hex")
    list(APPEND inputs "${folder}/cases.json" "${folder}/expected.json")
    add_custom_command(OUTPUT "${output}"
      COMMAND "${CMAKE_COMMAND}" "-DCONTRACTS=${folder}" "-DOUTPUT=${output}"
              -P "${COLDHEAP_EMBED_SCRIPT}"
      DEPENDS ${inputs} "${COLDHEAP_EMBED_SCRIPT}"
      COMMENT "Embedding contracts" VERBATIM)
    add_library(${target} OBJECT "${output}")
    target_link_libraries(${target} PRIVATE coldheap_flags)
    target_include_directories(${target} PUBLIC "${PROJECT_SOURCE_DIR}/tools/coldevm")
  endfunction()
  return()
endif()

cmake_policy(VERSION 3.25)

# hex_bytes(OUT HEX): "0x0a0b" or "0a0b" -> "0x0a,0x0b,", an odd or foreign digit ends the build.
function(hex_bytes out digits)
  string(STRIP "${digits}" digits)
  string(REGEX REPLACE "^0x" "" digits "${digits}")
  string(LENGTH "${digits}" count)
  math(EXPR odd "${count} % 2")
  if(odd OR digits MATCHES "[^0-9a-f]")
    message(FATAL_ERROR "not hex bytes: ${digits}")
  endif()
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${digits}")
  string(REPEAT "0x..," 16 line)
  string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
  set(${out} "${bytes}" PARENT_SCOPE)
endfunction()

# define_array(NAME HEX): appends an array of those bytes to `text`; one zero byte if it is empty.
# Sets NAME_size.
macro(define_array name digits)
  hex_bytes(array_bytes "${digits}")
  string(REGEX MATCHALL "0x" array_marks "${array_bytes}")
  list(LENGTH array_marks ${name}_size)
  if(${name}_size EQUAL 0)
    set(array_bytes "0")
  endif()
  string(APPEND text "static const uint8_t ${name}[] = {\n${array_bytes}};\n")
endmacro()

macro(get out)
  string(JSON ${out} GET "${json}" ${ARGN})
endmacro()

# embed_case(NAME): appends its arrays to `text` and its row to `rows`.
macro(embed_case name)
  string(MAKE_C_IDENTIFIER "${name}" id)
  file(READ "${CONTRACTS}/${name}/code.hex" code)
  file(READ "${CONTRACTS}/${name}/input.hex" input)
  foreach(field mode fork address exec_gas refund gas_limit output logs logs_hash)
    get(${field} cases "${name}" ${field})
  endforeach()
  string(JSON stresses GET "${sources}" "${name}" stresses)
  set(deploy_exec_gas 0)
  if(mode STREQUAL "initcode")
    get(deploy_exec_gas cases "${name}" deploy_exec_gas)
  endif()
  set(hashed 0)
  set(output_hash "0")
  if(output MATCHES "^keccak:(0x[0-9a-f]+):len=([0-9]+)$")
    set(hashed 1)
    set(hashed_size "${CMAKE_MATCH_2}")
    hex_bytes(output_hash "${CMAKE_MATCH_1}")
    set(output "0x")
  endif()
  define_array(code_${id} "${code}")
  define_array(input_${id} "${input}")
  define_array(output_${id} "${output}")
  if(hashed)
    set(output_${id}_size "${hashed_size}")
  endif()
  hex_bytes(logs_hash "${logs_hash}")
  hex_bytes(address "${address}")
  string(TOUPPER "${mode}" mode)
  string(APPEND rows "{.name = \"${name}\",\n.stresses = \"${stresses}\",\n.fork = \"${fork}\",\n"
    ".mode = COLDEVM_CONTRACT_${mode},\n"
    ".code = code_${id},\n.code_size_bytes = ${code_${id}_size},\n"
    ".input = input_${id},\n.input_size_bytes = ${input_${id}_size},\n"
    ".output = output_${id},\n.output_size_bytes = ${output_${id}_size},\n"
    ".output_hashed = ${hashed},\n.output_hash = {${output_hash}},\n"
    ".logs_hash = {${logs_hash}},\n.address = {${address}},\n.logs_count = ${logs},\n"
    ".gas_limit = ${gas_limit}u,\n.exec_gas = ${exec_gas}u,\n.refund = ${refund}u,\n"
    ".deploy_exec_gas = ${deploy_exec_gas}u},\n")
endmacro()

file(READ "${CONTRACTS}/expected.json" json)
file(READ "${CONTRACTS}/cases.json" sources)
set(text "/* Generated from contracts/ by cmake/EmbedContracts.cmake. */\n")
string(APPEND text "#include \"contracts.h\"\n")
set(rows "")
string(JSON count LENGTH "${json}" cases)
math(EXPR last "${count} - 1")
foreach(index RANGE ${last})
  string(JSON name MEMBER "${json}" cases ${index})
  embed_case("${name}")
endforeach()
get(sender env sender)
hex_bytes(sender "${sender}")
string(APPEND text "const coldevm_contract coldevm_contracts[] = {\n${rows}};\n"
  "const size_t coldevm_contract_count = ${count};\n"
  "const uint8_t coldevm_contract_sender[20] = {${sender}};\n")
file(WRITE "${OUTPUT}" "${text}")
