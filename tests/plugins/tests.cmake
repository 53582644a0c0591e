# Plugins that misbehave, each a tiny library of its own; they lie where no test but these looks.
set(bad_plugins ${CMAKE_BINARY_DIR}/tests/plugins)
set(plugins_of_tests good rival other_sdk other_headers other_torch no_entry crashes_at_once leaves_at_once crashes_on_entry
                     throws_on_entry throws_a_number needs_stub hangs)
foreach(name IN LISTS plugins_of_tests)
  fettle_add_plugin(plugin_${name} SOURCES plugins/${name}.cpp)
endforeach()
fettle_add_banner(plugins/no_entry.cpp)
add_library(plugin_no_banner MODULE plugins/no_banner.cpp)
add_library(plugin_stub SHARED plugins/stub.cpp)
target_link_libraries(plugin_needs_stub PRIVATE plugin_stub)
set_target_properties(plugin_needs_stub PROPERTIES BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH ${CMAKE_BINARY_DIR}/lib)
foreach(name IN LISTS plugins_of_tests ITEMS no_banner stub)
  target_compile_definitions(plugin_${name} PRIVATE TEST_PLUGIN="${name}")
  set_target_properties(plugin_${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name} LIBRARY_OUTPUT_DIRECTORY ${bad_plugins})
  list(APPEND plugin_targets plugin_${name})
endforeach()

fettle_test(misbehaving SOURCES plugins/misbehaving_test.cpp
            PLUGINS fettle dataset split transform hash ${plugin_targets})
target_compile_definitions(test_misbehaving PRIVATE TEST_PLUGINS="${bad_plugins}")

fettle_test(probing SOURCES plugins/probing_test.cpp LIBRARIES fettle_framework PLUGINS ${plugin_targets})
target_compile_definitions(test_probing PRIVATE TEST_PLUGINS="${bad_plugins}")

# Installs what is built, then builds the example against that alone.
fettle_test(outsider SOURCES plugins/outsider_test.cpp PLUGINS fettle dataset transform)
if(FETTLE_SANITIZE)
  set(flags_of_build -fsanitize=${FETTLE_SANITIZE})
endif()
target_compile_definitions(test_outsider PRIVATE
  TEST_BUILD_FOLDER="${CMAKE_BINARY_DIR}" TEST_CMAKE="${CMAKE_COMMAND}" TEST_CTEST="${CMAKE_CTEST_COMMAND}"
  TEST_BUILD_TYPE="${CMAKE_BUILD_TYPE}" TEST_COMPILER="${CMAKE_CXX_COMPILER}" TEST_GENERATOR="${CMAKE_GENERATOR}"
  TEST_LAUNCHER="${CMAKE_CXX_COMPILER_LAUNCHER}" TEST_FLAGS="${flags_of_build}"
  "TEST_PREFIX_PATH=\"$<JOIN:${CMAKE_PREFIX_PATH},\;>\"")
