// Opens a data set and reads every image of it, without the framework: loading PLUGIN ID THREADS KEY=VALUE...
// Prints the seconds from opening to the last image, and how many there were. `tools/bench/loading` compares them.
#include <fettle/parallel.hpp>
#include <fettle/testing.hpp>

#include <tbb/global_control.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

/// A number, a list of two numbers "128x128", or a text.
fettle::Setting setting_of(const std::string& text) {
    char* end = nullptr;
    const long first = std::strtol(text.c_str(), &end, 10);
    if (end != text.c_str() && *end == '\0') return static_cast<std::int64_t>(first);
    if (end != text.c_str() && *end == 'x') {
        const long second = std::strtol(end + 1, &end, 10);
        if (*end == '\0')
            return fettle::Setting::List{static_cast<std::int64_t>(first), static_cast<std::int64_t>(second)};
    }
    return text;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        std::fprintf(stderr, "usage: loading PLUGIN ID THREADS KEY=VALUE...\n");
        return 1;
    }
    const int threads = std::atoi(argv[3]);
    fettle::testing::Settings settings;
    for (int i = 4; i < argc; ++i)
        if (const char* equals = std::strchr(argv[i], '='))
            settings[std::string(argv[i], static_cast<std::size_t>(equals - argv[i]))] = setting_of(equals + 1);
    try {
        fettle::testing::Library library{std::filesystem::path(argv[1])};
        const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                        static_cast<std::size_t>(threads));
        tbb::task_arena arena(threads);
        const auto begin = std::chrono::steady_clock::now();
        std::size_t count = 0, pixels = 0;
        arena.execute([&] {
            fettle::testing::TestContext context({}, 1, threads);
            const auto object = library.make(argv[2], settings);
            const auto images =
                std::dynamic_pointer_cast<const fettle::Images>(library.run(argv[2], *object, {}, context)["images"]);
            fettle::for_each_batch(*images, 32, [&](std::size_t, const fettle::Batch& batch) {
                for (std::size_t i = 0; i < batch.size(); ++i) pixels += batch.sample(i)->image.pixels.size();
                count += batch.size();
            });
        });
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
        std::printf("%.4f %zu %zu\n", seconds.count(), count, pixels / 3);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "loading: %s\n", error.what());
        return 1;
    }
    return 0;
}
