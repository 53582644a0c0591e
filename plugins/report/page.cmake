# Included after the family's target `report`: embeds page/ and Chart.js, so that the page needs no network.
find_file(FETTLE_CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js /usr/share/nodejs/chart.js/dist
          DOC "Chart.js 3, minified, one file" NO_DEFAULT_PATH)
if(NOT FETTLE_CHART_JS)
  message(FATAL_ERROR "report.html draws its charts with Chart.js 3, and chart.min.js was not found.\n"
                      "Install Debian's package node-chart.js, or pass -DFETTLE_CHART_JS=/path/to/chart.min.js.")
endif()

set(page ${CMAKE_CURRENT_LIST_DIR}/page)
set(script_names words.js elements.js record.js scores.js view.js charts.js histogram.js explorer.js curves.js classes.js
                 pictures.js gallery.js case.js answers.js stages.js made.js page.js)  # in this order
list(TRANSFORM script_names PREPEND ${page}/ OUTPUT_VARIABLE scripts)
set(embedded ${CMAKE_CURRENT_BINARY_DIR}/report_page.cpp)
string(REPLACE ";" "|" joined "${scripts}")  # a semicolon would not survive the command line
add_custom_command(
  OUTPUT ${embedded}
  COMMAND ${CMAKE_COMMAND} -DOUTPUT=${embedded} -DHTML=${page}/page.html -DCSS=${page}/page.css "-DSCRIPTS=${joined}"
          -DCHARTS=${FETTLE_CHART_JS} -P ${CMAKE_CURRENT_LIST_DIR}/embed.cmake
  DEPENDS ${page}/page.html ${page}/page.css ${scripts} ${FETTLE_CHART_JS} ${CMAKE_CURRENT_LIST_DIR}/embed.cmake
  VERBATIM)
target_sources(report PRIVATE ${embedded})
target_include_directories(report PRIVATE ${CMAKE_CURRENT_LIST_DIR})
