fettle_test(data_trees SOURCES data/trees_test.cpp data/real_test.cpp PLUGINS dataset LIBRARIES LibArchive::LibArchive)
fettle_test(data_procedural SOURCES data/procedural_test.cpp PLUGINS dataset)
fettle_test(data_stages SOURCES data/one_class_test.cpp data/resize_test.cpp data/paste_test.cpp
            PLUGINS split transform synthesize)
