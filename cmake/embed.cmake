# Puts text files into a C++ source as constants, so that the program needs no files beside it.
# As a module:  ferry_embed(OUTPUT_VARIABLE NAMESPACE FILE...)
# As a script:  cmake -DOUTPUT=... -DNAMESPACE=... -DINPUTS=a;b -P embed.cmake
# FILE x.schema.json becomes `extern const std::string_view x_schema_json`; FOLDER/profile.yaml becomes an entry
# {"FOLDER", text} of `extern const std::vector<std::pair<std::string_view, std::string_view>> profiles`.
if(CMAKE_SCRIPT_MODE_FILE)
  set(text "// Made from files by cmake/embed.cmake.\n#include <string_view>\n#include <utility>\n#include <vector>\n\nnamespace ${NAMESPACE} {\n")
  set(profiles "")
  foreach(input IN LISTS INPUTS)
    get_filename_component(name ${input} NAME)
    if(name STREQUAL "profile.yaml")
      get_filename_component(folder ${input} DIRECTORY)
      get_filename_component(folder ${folder} NAME)
      file(READ ${input} content)
      string(APPEND profiles "{\"${folder}\", R\"ferry_embed(${content})ferry_embed\"},\n")
      continue()
    endif()
    string(MAKE_C_IDENTIFIER ${name} name)
    file(READ ${input} content)
    string(APPEND text "extern const std::string_view ${name};\nconst std::string_view ${name} = R\"ferry_embed(${content})ferry_embed\";\n")
  endforeach()
  if(profiles)
    set(type "const std::vector<std::pair<std::string_view, std::string_view>> profiles")
    string(APPEND text "extern ${type};\n${type}{${profiles}};\n")
  endif()
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
