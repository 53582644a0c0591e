# Run by a build step: writes OUTPUT, a header with the SHA-256 of the plugin's sources and of the SDK it is compiled
# against, so that the framework knows when results may have changed. Arguments: SOURCES, SDK (a folder), OUTPUT.
string(REPLACE "|" ";" SOURCES "${SOURCES}")
cmake_policy(VERSION 3.25)
file(GLOB_RECURSE sdk_files ${SDK}/*.hpp ${SDK}/*.cpp)
list(SORT sdk_files)
set(text "")
foreach(file IN LISTS SOURCES sdk_files)
  file(SHA256 ${file} digest)
  string(APPEND text ${digest})
endforeach()
string(SHA256 digest "${text}")
string(SUBSTRING ${digest} 0 32 digest)
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define FETTLE_SOURCE_DIGEST \"${digest}\"\n")
