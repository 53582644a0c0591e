# Every header of the SDK compiles alone: a plugin author includes what is needed, in any order.
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/sdk/include ${CMAKE_SOURCE_DIR}/sdk/include/*.hpp)
foreach(header IN LISTS headers)
  string(MAKE_C_IDENTIFIER ${header} name)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/headers/${name}.cpp)
  # Twice: it guards itself.
  file(CONFIGURE OUTPUT ${source} CONTENT "#include <${header}>\n#include <${header}>\n")
  if(header MATCHES "roles/learn|tensors|transfer")
    list(APPEND tensor_sources ${source})
  else()
    list(APPEND plain_sources ${source})
  endif()
endforeach()
add_library(test_headers OBJECT ${plain_sources})
target_link_libraries(test_headers PRIVATE fettle_sdk)
add_library(test_tensor_headers OBJECT ${tensor_sources})
target_link_libraries(test_tensor_headers PRIVATE fettle_sdk)
fettle_use_torch(test_tensor_headers)

# No include runs against the arrows: plugins -> sdk <- framework <- tools.
add_test(NAME arrows COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR} -P ${CMAKE_CURRENT_LIST_DIR}/arrows.cmake)
add_test(NAME arrows_refuse COMMAND ${CMAKE_COMMAND} -DSCRIPT=${CMAKE_CURRENT_LIST_DIR}/arrows.cmake
                                    -DSCRATCH=${CMAKE_CURRENT_BINARY_DIR}/arrows
                                    -P ${CMAKE_CURRENT_LIST_DIR}/refuse.cmake)
