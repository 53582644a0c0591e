fettle_test(data_trees SOURCES data/trees_test.cpp data/archives_test.cpp data/masks_test.cpp data/unusable_test.cpp
            data/area_test.cpp data/formats_test.cpp data/sheet_test.cpp data/annotations_test.cpp data/published_test.cpp data/real_test.cpp
            PLUGINS dataset LIBRARIES LibArchive::LibArchive PkgConfig::libzip)
fettle_test(data_tables SOURCES data/table_test.cpp data/write_test.cpp data/video_test.cpp
            PLUGINS dataset dataset_video LIBRARIES LibArchive::LibArchive opencv_core opencv_videoio)
target_include_directories(test_data_tables SYSTEM PRIVATE ${OpenCV_INCLUDE_DIRS})
fettle_test(data_procedural SOURCES data/procedural_test.cpp PLUGINS dataset)
fettle_test(data_stages SOURCES data/one_class_test.cpp data/resize_test.cpp data/paste_test.cpp
            PLUGINS split transform synthesize LIBRARIES opencv_core opencv_imgcodecs)
target_include_directories(test_data_stages SYSTEM PRIVATE ${OpenCV_INCLUDE_DIRS})
