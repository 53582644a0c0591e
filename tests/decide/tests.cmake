set(hash_sources ${CMAKE_SOURCE_DIR}/plugins/hash/grey.cpp ${CMAKE_SOURCE_DIR}/plugins/hash/perceptual.cpp)
fettle_test(hash SOURCES decide/hash_test.cpp ${hash_sources} PLUGINS hash)
fettle_test(decide SOURCES decide/pool_test.cpp decide/threshold_test.cpp PLUGINS score threshold)
set(evaluate_parts bootstrap.cpp calls.cpp paired.cpp pixel_draws.cpp pixels.cpp promise.cpp ranking.cpp trivial.cpp)
list(TRANSFORM evaluate_parts PREPEND ${CMAKE_SOURCE_DIR}/plugins/evaluate/)
fettle_test(evaluate SOURCES decide/detection_test.cpp decide/ranking_test.cpp decide/bootstrap_test.cpp
                             decide/pixels_test.cpp decide/localisation_test.cpp decide/baselines_test.cpp
                             decide/compare_test.cpp
                             ${evaluate_parts}
            LIBRARIES opencv_core opencv_imgproc PLUGINS evaluate)
fettle_test(report SOURCES decide/report_test.cpp PLUGINS score threshold evaluate report)
fettle_test(values SOURCES decide/roles_test.cpp decide/sequence_test.cpp decide/store_test.cpp)
