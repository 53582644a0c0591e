# fettle_add_plugin(NAME SOURCES file... [USES torch opencv] [LIBRARIES target...])
#
# A plugin: one shared library NAME.so that the host can load. USES names the libraries whose types cross the
# boundary or that the SDK's headers bring in: torch (Tensor; the roles Autoencoder, Similarity, Trainer) and opencv
# (reading and resizing images). They enter the plugin's banner, and the host refuses one built against another
# version. The caller has run find_package for what it names.
set(FETTLE_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})
if(NOT DEFINED FETTLE_SDK_INCLUDE)
  get_filename_component(FETTLE_SDK_ROOT ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
else()
  set(FETTLE_SDK_ROOT ${FETTLE_SDK_INCLUDE}/fettle)
endif()
# Defines FETTLE_SDK_HEADERS, the digest of the SDK's headers: made by the SDK's own build, and installed with them.
if(NOT DEFINED FETTLE_SDK_HEADERS_FILE)
  set(FETTLE_SDK_HEADERS_FILE ${CMAKE_CURRENT_LIST_DIR}/sdk_headers.hpp)
endif()

# "1.13" of "1.13.1": what must match.
function(fettle_major_minor version result)
  string(REGEX MATCH "^[0-9]+\\.[0-9]+" short "${version}")
  set(${result} ${short} PARENT_SCOPE)
endfunction()

# What a target needs to compile against LibTorch and the SDK's tensor roles.
function(fettle_use_torch name)
  fettle_major_minor(${Torch_VERSION} version)
  target_compile_definitions(${name} PRIVATE FETTLE_USES_TORCH FETTLE_ABI_TORCH="${version}")
  target_link_libraries(${name} PRIVATE ${TORCH_LIBRARIES})
  separate_arguments(flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
  target_compile_options(${name} PRIVATE ${flags})
  # What LibTorch itself needs (NCCL and the like) it finds when it is loaded; the linker needn't.
  target_link_options(${name} PRIVATE -Wl,--allow-shlib-undefined)
endfunction()

# fettle_add_torch_headers(NAME SOURCE): a target whose precompiled header holds LibTorch; other plugins take it with
# target_precompile_headers(... REUSE_FROM NAME).
function(fettle_add_torch_headers name source)
  add_library(${name} OBJECT ${source})
  target_link_libraries(${name} PRIVATE fettle_sdk)
  fettle_use_torch(${name})
  target_precompile_headers(${name} PRIVATE <fettle/sdk.hpp>)
endfunction()

# A source of the calling folder whose banner, FETTLE_ABI_BANNER or FETTLE_ABI_HARD, is to be looked at.
function(fettle_add_banner source)
  set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS "-include;${FETTLE_SDK_HEADERS_FILE}")
  set_property(SOURCE ${source} APPEND PROPERTY OBJECT_DEPENDS ${FETTLE_SDK_HEADERS_FILE})
endfunction()

function(fettle_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 plugin "" "" "SOURCES;USES;LIBRARIES")
  add_library(${name} MODULE ${plugin_SOURCES})
  set_target_properties(${name} PROPERTIES PREFIX "" CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON
                                           CXX_VISIBILITY_PRESET default)
  target_link_libraries(${name} PRIVATE fettle_sdk ${plugin_LIBRARIES})

  if("opencv" IN_LIST plugin_USES)
    fettle_major_minor(${OpenCV_VERSION} version)
    target_compile_definitions(${name} PRIVATE FETTLE_ABI_OPENCV="${version}")
    target_include_directories(${name} SYSTEM PRIVATE ${OpenCV_INCLUDE_DIRS})
    target_link_libraries(${name} PRIVATE fettle_image)
  endif()
  if("torch" IN_LIST plugin_USES)
    fettle_use_torch(${name})
  endif()

  # The digest of what the plugin is made of. Only the file with FETTLE_PLUGIN needs it; including it everywhere
  # would rebuild every file of the plugin when one changes.
  # Headers beside the sources belong to it, whether they were named or not.
  list(TRANSFORM plugin_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE sources)
  foreach(source IN LISTS sources)
    get_filename_component(folder ${source} DIRECTORY)
    file(GLOB headers CONFIGURE_DEPENDS ${folder}/*.h ${folder}/*.hh ${folder}/*.hpp ${folder}/*.hxx ${folder}/*.inl)
    list(APPEND sources ${headers})
  endforeach()
  list(REMOVE_DUPLICATES sources)
  set(header ${CMAKE_CURRENT_BINARY_DIR}/${name}.digest.hpp)
  file(GLOB_RECURSE sdk_files CONFIGURE_DEPENDS ${FETTLE_SDK_ROOT}/*.hpp ${FETTLE_SDK_ROOT}/*.cpp)
  list(JOIN sources "|" list)  # a semicolon would not survive the command line
  add_custom_command(
    OUTPUT ${header}
    COMMAND ${CMAKE_COMMAND} "-DSOURCES=${list}" -DSDK=${FETTLE_SDK_ROOT} -DOUTPUT=${header}
            -P ${FETTLE_CMAKE_DIR}/SourceDigest.cmake
    DEPENDS ${sources} ${sdk_files}
    VERBATIM)
  target_sources(${name} PRIVATE ${header})
  foreach(source IN LISTS plugin_SOURCES)
    file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/${source} entry REGEX "^FETTLE_PLUGIN")
    if(entry)
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "-include;${header}" OBJECT_DEPENDS ${header}
                                                       SKIP_PRECOMPILE_HEADERS ON)
      fettle_add_banner(${source})
    endif()
  endforeach()
endfunction()
