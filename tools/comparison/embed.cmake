# Run by a build step: writes OUTPUT, a C++ file with the texts of the page in FOLDER and of Chart.js at CHARTS.
file(WRITE ${OUTPUT} "#include \"comparison/page.hpp\"\n\nnamespace comparison {\n")
foreach(part IN ITEMS page_html=${FOLDER}/page.html page_css=${FOLDER}/page.css page_js=${FOLDER}/page.js
                      series_js=${FOLDER}/series.js charts_js=${CHARTS})
  string(REGEX MATCH "^([a-z_]+)=(.*)$" found "${part}")
  set(name ${CMAKE_MATCH_1})
  file(READ ${CMAKE_MATCH_2} text)
  string(FIND "${text}" ")fettle\"" end)
  if(NOT end EQUAL -1)
    message(FATAL_ERROR "${name} can't be embedded: it holds what ends the literal")
  endif()
  file(APPEND ${OUTPUT} "const std::string_view ${name} = R\"fettle(${text})fettle\";\n")
endforeach()
file(APPEND ${OUTPUT} "}  // namespace comparison\n")
