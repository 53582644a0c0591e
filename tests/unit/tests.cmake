fettle_test(framework SOURCES unit/document_test.cpp unit/resolved_test.cpp unit/plan_test.cpp unit/digest_test.cpp
                              unit/cache_test.cpp unit/memo_test.cpp unit/words_test.cpp unit/sweep_test.cpp
                              unit/stale_test.cpp unit/prune_test.cpp unit/batches_test.cpp unit/unfinished_test.cpp
            LIBRARIES fettle_framework PLUGINS dataset split transform synthesize hash threshold evaluate report)
fettle_test(durable SOURCES unit/durable_test.cpp LIBRARIES fettle_framework)
fettle_test(sdk SOURCES unit/random_test.cpp unit/kept_test.cpp unit/parallel_test.cpp)
fettle_test(swept SOURCES unit/swept_test.cpp
            PLUGINS fettle dataset split transform similarity hash score threshold evaluate report)
fettle_test(cache_command SOURCES unit/cache_command_test.cpp
            LIBRARIES fettle_framework
            PLUGINS fettle dataset split transform similarity score threshold evaluate report)
