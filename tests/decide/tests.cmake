file(GLOB hash_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/plugins/hash/*.cpp)
list(FILTER hash_sources EXCLUDE REGEX plugin.cpp)
fettle_test(hash SOURCES decide/hash_test.cpp decide/hash_peer_test.cpp ${hash_sources} PLUGINS hash)
fettle_test(hash_command SOURCES decide/hash_command_test.cpp ${hash_sources}
            PLUGINS hash dataset similarity score fettle)
fettle_test(decide SOURCES decide/pool_test.cpp decide/threshold_test.cpp PLUGINS score threshold)
set(evaluate_parts bootstrap.cpp calls.cpp paired.cpp pixel_draws.cpp pixels.cpp promise.cpp ranking.cpp trivial.cpp)
list(TRANSFORM evaluate_parts PREPEND ${CMAKE_SOURCE_DIR}/plugins/evaluate/)
fettle_test(evaluate SOURCES decide/detection_test.cpp decide/ranking_test.cpp decide/bootstrap_test.cpp
                             decide/pixels_test.cpp decide/localisation_test.cpp decide/baselines_test.cpp
                             decide/compare_test.cpp
                             ${evaluate_parts}
            LIBRARIES opencv_core opencv_imgproc PLUGINS evaluate)
fettle_test(scarce SOURCES decide/scarce_graphs_test.cpp decide/partly_damaged_test.cpp decide/summary_test.cpp
            PLUGINS fettle dataset split transform synthesize similarity score threshold evaluate report)
fettle_add_plugin(plugin_relative SOURCES decide/relative.cpp)
set_target_properties(plugin_relative PROPERTIES PREFIX "" OUTPUT_NAME relative
                      LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/plugins)
fettle_test(missing SOURCES decide/missing_test.cpp
            PLUGINS fettle dataset split transform score threshold evaluate report plugin_relative)
target_compile_definitions(test_missing PRIVATE TEST_RELATIVE="${CMAKE_BINARY_DIR}/tests/plugins/relative.so")
fettle_test(report SOURCES decide/report_test.cpp decide/report_browser_test.cpp decide/report_record_test.cpp
            PLUGINS score threshold evaluate report)
fettle_test(values SOURCES decide/roles_test.cpp decide/sequence_test.cpp decide/store_test.cpp)
fettle_test(threshold SOURCES decide/threshold_normal_test.cpp decide/threshold_labels_test.cpp
                              decide/threshold_rare_test.cpp decide/threshold_peers_test.cpp
                              ${CMAKE_SOURCE_DIR}/plugins/threshold/pareto.cpp
            LIBRARIES Boost::headers PLUGINS threshold)
fettle_test(score SOURCES decide/standardise_test.cpp decide/combine_test.cpp decide/read_test.cpp PLUGINS score threshold)
set(report_parts event_file.cpp figures.cpp gates.cpp output.cpp identity.cpp record_log.cpp tables.cpp)
list(TRANSFORM report_parts PREPEND ${CMAKE_SOURCE_DIR}/plugins/report/)
fettle_test(written SOURCES decide/report_tables_test.cpp decide/report_gates_test.cpp decide/report_images_test.cpp
                            decide/report_trackers_test.cpp ${report_parts}
            LIBRARIES OpenSSL::Crypto Boost::headers
            PLUGINS dataset split transform hash score threshold evaluate report fettle)
target_include_directories(test_written SYSTEM PRIVATE ${PROTOZERO_INCLUDE})
fettle_test(texture SOURCES decide/texture_test.cpp PLUGINS texture)
