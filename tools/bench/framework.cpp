// The work of framework.toml called directly, without the framework: framework PLUGINS THREADS
// Prints the seconds of work, and a sum over the distances that tells whether it was the same work.
#include <fettle/parallel.hpp>
#include <fettle/random.hpp>
#include <fettle/testing.hpp>

#include <tbb/global_control.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

using fettle::Setting;
using fettle::ValueRef;
using fettle::testing::Library;
using fettle::testing::TestContext;

Setting sides(int side) { return Setting::List{side, side}; }

/// Everything that makes values must outlive them.
struct Work {
    Library dataset, transform, hash;
    int threads;
    std::vector<std::unique_ptr<TestContext>> contexts{};
    std::vector<std::shared_ptr<fettle::Component>> objects{};

    ValueRef run(Library& library, const char* id, const fettle::testing::Settings& settings, const char* stage,
                 const std::map<std::string, std::vector<ValueRef>>& inputs, const char* output) {
        contexts.push_back(
            std::make_unique<TestContext>(std::filesystem::path(), fettle::derive_seed(7, stage), threads));
        objects.push_back(library.make(id, settings));
        return library.run(id, *objects.back(), inputs, *contexts.back())[output];
    }
    ValueRef images(const char* drawn, const char* resized) {
        const auto parts = run(dataset, "dataset.procedural",
                               {{"kind", "concrete"}, {"count", 3000}, {"size", sides(96)}}, drawn, {}, "images");
        return run(transform, "transform.resize", {{"size", sides(64)}}, resized, {{"images", {parts}}}, "images");
    }
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: framework PLUGINS THREADS\n");
        return 1;
    }
    const std::filesystem::path plugins(argv[1]);
    const int threads = std::atoi(argv[2]);
    try {
        const auto begin = std::chrono::steady_clock::now();
        const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                        static_cast<std::size_t>(threads));
        tbb::task_arena arena(threads);
        double sum = 0;
        arena.execute([&] {
            Work work{Library(plugins / "dataset.so"), Library(plugins / "transform.so"), Library(plugins / "hash.so"),
                      threads};
            const auto left = work.images("left", "fine"), right = work.images("right", "coarse");
            const auto scores = std::dynamic_pointer_cast<const fettle::Scores>(work.run(
                work.hash, "hash.perceptual", {}, "hash", {{"reference", {left}}, {"candidate", {right}}}, "scores"));
            for (const double distance : scores->columns.at(0).values) sum += distance;
        });
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
        std::printf("%.4f %.0f\n", seconds.count(), sum);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "framework: %s\n", error.what());
        return 1;
    }
    return 0;
}
