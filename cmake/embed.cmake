# Puts text files into a C++ source as constants, so that the program needs no files beside it.
# As a module:  ferry_embed(OUTPUT_VARIABLE NAMESPACE FILE...)
# As a script:  cmake -DOUTPUT=... -DNAMESPACE=... -DINPUTS=a;b -P embed.cmake
# FILE x.schema.json becomes `extern const std::string_view x_schema_json`.
if(CMAKE_SCRIPT_MODE_FILE)
  set(text "// Made from files by cmake/embed.cmake.\n#include <string_view>\n\nnamespace ${NAMESPACE} {\n")
  foreach(input IN LISTS INPUTS)
    get_filename_component(name ${input} NAME)
    string(MAKE_C_IDENTIFIER ${name} name)
    file(READ ${input} content)
    string(APPEND text "extern const std::string_view ${name};\nconst std::string_view ${name} = R\"ferry_embed(${content})ferry_embed\";\n")
  endforeach()
  string(APPEND text "}  // namespace ${NAMESPACE}\n")
  file(WRITE ${OUTPUT} "${text}")
  return()
endif()

set(FERRY_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(ferry_embed OUTPUT_VARIABLE NAMESPACE)
  list(GET ARGN 0 first)
  get_filename_component(folder ${first} DIRECTORY)
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${folder})
  string(MAKE_C_IDENTIFIER ${folder} folder)
  set(output ${PROJECT_BINARY_DIR}/embedded/${folder}.cpp)
  string(REPLACE ";" "$<SEMICOLON>" inputs "${ARGN}")
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DNAMESPACE=${NAMESPACE} "-DINPUTS=${inputs}" -P ${FERRY_EMBED_SCRIPT}
    DEPENDS ${ARGN} ${FERRY_EMBED_SCRIPT}
    VERBATIM)
  set(${OUTPUT_VARIABLE} ${output} PARENT_SCOPE)
endfunction()
