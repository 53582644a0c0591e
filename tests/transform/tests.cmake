fettle_test(transform SOURCES transform/geometry_test.cpp transform/crop_test.cpp transform/colour_test.cpp
                              transform/normalise_test.cpp transform/augment_test.cpp transform/background_test.cpp
                              transform/align_test.cpp transform/lanczos_test.cpp
            PLUGINS transform dataset)
fettle_test(tiles SOURCES transform/tile_test.cpp transform/stitch_test.cpp PLUGINS transform similarity)
fettle_test(mix SOURCES transform/ratio_test.cpp ${CMAKE_SOURCE_DIR}/plugins/mix/shares.cpp PLUGINS mix)
fettle_test(shown SOURCES transform/shown_test.cpp
            PLUGINS fettle dataset split synthesize transform mix model train similarity score threshold evaluate)
