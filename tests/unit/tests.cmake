fettle_test(sdk SOURCES unit/random_test.cpp unit/kept_test.cpp)
