fettle_test(split SOURCES split/splits_test.cpp split/grouped_test.cpp PLUGINS split hash)
fettle_test(duplicates SOURCES split/duplicates_test.cpp split/audit_test.cpp PLUGINS dataset hash split)
