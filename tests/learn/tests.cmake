fettle_test(similarity SOURCES learn/similarity_test.cpp learn/similarity_properties_test.cpp
                               learn/similarity_values_test.cpp learn/similarity_colour_test.cpp
                               learn/similarity_features_test.cpp
            USES torch PLUGINS similarity)
fettle_test(similarity_shown SOURCES learn/similarity_shown_test.cpp
            PLUGINS fettle dataset split transform model similarity score threshold evaluate report)
fettle_test(model SOURCES learn/model_test.cpp learn/model_parts_test.cpp learn/model_discriminative_test.cpp
                          learn/model_torchscript_test.cpp
            USES torch PLUGINS model infer)
fettle_test(model_graphs SOURCES learn/model_graphs_test.cpp
            PLUGINS fettle dataset split transform synthesize model train infer similarity score threshold evaluate report)
target_compile_definitions(test_model_graphs PRIVATE FETTLE_TEST_FOLDER="${CMAKE_BINARY_DIR}/tests/model_graphs")
fettle_test(best_graphs SOURCES learn/best_graphs_test.cpp
            PLUGINS fettle dataset split transform synthesize mix model train infer similarity hash texture score threshold
                    evaluate report)
fettle_test(article_graphs SOURCES learn/article_graphs_test.cpp
            PLUGINS fettle dataset split synthesize mix model train infer similarity hash score threshold evaluate report)
fettle_test(training_graphs SOURCES learn/training_graphs_test.cpp USES torch
            PLUGINS fettle dataset split model train infer similarity score threshold)
fettle_test(training SOURCES learn/training_test.cpp learn/trouble_test.cpp USES torch PLUGINS model train similarity)
fettle_test(recipe SOURCES learn/recipe_test.cpp USES torch PLUGINS model train similarity)
fettle_test(checkpoints SOURCES learn/checkpoints_test.cpp USES torch PLUGINS model train similarity)
fettle_test(lookahead SOURCES learn/lookahead_test.cpp USES torch PLUGINS model train)
set(room_parts memory.cpp optimiser.cpp room.cpp weights.cpp)
list(TRANSFORM room_parts PREPEND ${CMAKE_SOURCE_DIR}/plugins/train/)
fettle_test(room SOURCES learn/room_test.cpp ${room_parts} USES torch)
target_include_directories(test_room PRIVATE ${CMAKE_SOURCE_DIR}/plugins/train)
fettle_test(inference SOURCES learn/inference_test.cpp learn/segment_test.cpp USES torch
            PLUGINS model train infer similarity)
fettle_test(ssim SOURCES learn/ssim_test.cpp learn/ssim_gradient_test.cpp USES torch PLUGINS similarity)
set(sweeps ${CMAKE_SOURCE_DIR}/plugins/similarity/ssim_sweep)
fettle_test(ssim_sweep SOURCES learn/ssim_sweep_test.cpp ${sweeps}_portable.cpp ${sweeps}_avx2.cpp ${sweeps}_avx512.cpp)
