fettle_test(drawn SOURCES synthesize/drawn_test.cpp synthesize/drawn_shapes_test.cpp synthesize/drawn_textures_test.cpp
                          ${CMAKE_SOURCE_DIR}/plugins/synthesize/perlin_noise.cpp
                          ${CMAKE_SOURCE_DIR}/plugins/synthesize/normal_table.cpp
            PLUGINS synthesize)
fettle_test(drawn_shown SOURCES synthesize/drawn_shown_test.cpp PLUGINS fettle dataset synthesize)
fettle_test(paste_shown SOURCES synthesize/paste_shown_test.cpp PLUGINS fettle dataset split synthesize transform)
fettle_test(paste SOURCES synthesize/paste_test.cpp synthesize/paste_labels_test.cpp synthesize/steps_test.cpp PLUGINS synthesize transform)
fettle_test(blend SOURCES synthesize/place_test.cpp synthesize/blend_test.cpp synthesize/cutout_test.cpp
                          ${CMAKE_SOURCE_DIR}/plugins/synthesize/cutout.cpp
                          ${CMAKE_SOURCE_DIR}/plugins/synthesize/cutout_warp.cpp
                          ${CMAKE_SOURCE_DIR}/plugins/synthesize/place.cpp
                          ${CMAKE_SOURCE_DIR}/plugins/synthesize/blend.cpp
                          ${CMAKE_SOURCE_DIR}/plugins/synthesize/blend_match.cpp
                          ${CMAKE_SOURCE_DIR}/plugins/synthesize/blend_poisson.cpp
            LIBRARIES opencv_core opencv_imgproc opencv_photo)
target_include_directories(test_blend SYSTEM PRIVATE ${OpenCV_INCLUDE_DIRS})
