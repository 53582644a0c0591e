set(hash_sources ${CMAKE_SOURCE_DIR}/plugins/hash/grey.cpp ${CMAKE_SOURCE_DIR}/plugins/hash/perceptual.cpp)
fettle_test(hash SOURCES decide/hash_test.cpp ${hash_sources} PLUGINS hash)
fettle_test(decide SOURCES decide/pool_test.cpp decide/threshold_test.cpp decide/detection_test.cpp
                           ${CMAKE_SOURCE_DIR}/plugins/evaluate/ranking.cpp
            PLUGINS score threshold evaluate)
fettle_test(report SOURCES decide/report_test.cpp PLUGINS score threshold evaluate report)
fettle_test(values SOURCES decide/roles_test.cpp decide/sequence_test.cpp decide/store_test.cpp)
fettle_test(threshold SOURCES decide/threshold_normal_test.cpp decide/threshold_labels_test.cpp
                              decide/threshold_rare_test.cpp decide/threshold_peers_test.cpp
                              ${CMAKE_SOURCE_DIR}/plugins/threshold/pareto.cpp
            LIBRARIES Boost::headers PLUGINS threshold)
fettle_test(score SOURCES decide/standardise_test.cpp decide/combine_test.cpp PLUGINS score threshold)
