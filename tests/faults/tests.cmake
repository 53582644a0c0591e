# The whole program under trouble. Every family takes part.
set(families dataset split transform synthesize model train infer similarity hash score threshold evaluate report)
foreach(subject interrupted cached disk images wide)
  fettle_test(${subject} SOURCES faults/${subject}_test.cpp LIBRARIES fettle_image PLUGINS fettle ${families})
endforeach()

# Without networks, by a plugin that is in trouble when it is told to be.
fettle_add_plugin(plugin_trouble SOURCES faults/trouble.cpp)
set_target_properties(plugin_trouble PROPERTIES PREFIX "" OUTPUT_NAME trouble
                      LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/plugins)
foreach(subject silent killed changed places warned descriptors)
  fettle_test(${subject} SOURCES faults/${subject}_test.cpp LIBRARIES fettle_image
              PLUGINS fettle dataset split transform similarity hash score threshold evaluate plugin_trouble)
  target_compile_definitions(test_${subject} PRIVATE TEST_TROUBLE="${CMAKE_BINARY_DIR}/tests/plugins/trouble.so")
endforeach()
