# What a person sees of runs: while one goes on, and of those that are over.
add_executable(pretend_run show/pretend_run.cpp)
target_link_libraries(pretend_run PRIVATE fettle_framework)
fettle_test(progress SOURCES show/terminal_test.cpp show/stage_list_test.cpp show/progress_test.cpp
            LIBRARIES fettle_framework PLUGINS pretend_run)
target_compile_definitions(test_progress PRIVATE PRETEND_RUN="$<TARGET_FILE:pretend_run>")
fettle_test(compared SOURCES show/runs_test.cpp show/compare_test.cpp show/comparison_page_test.cpp
                     show/series_test.cpp show/replayed_test.cpp
            PLUGINS fettle score evaluate dataset split transform similarity threshold report hash)
