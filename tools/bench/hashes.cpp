// Hashes one decoded image over and over, on one thread, without the framework: hashes PLUGIN IMAGE.ppm TIMES. Prints
// the median microseconds of each hash. `tools/bench/hashes` compares it with imagehash.
#include "images.hpp"

#include <fettle/roles/decide.hpp>
#include <fettle/testing.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: hashes PLUGIN IMAGE.ppm TIMES\n");
        return 1;
    }
    fettle::testing::Library plugin(argv[1]);
    const fettle::Image image = bench::read_ppm(argv[2]);
    const int times = std::max(1, std::atoi(argv[3]));
    for (const auto& entry : plugin.entries()) {
        const auto stage = plugin.make(entry.info.id);
        double each = 0;
        if (const auto* hash = dynamic_cast<const fettle::Hash*>(stage.get()))
            each = bench::median_microseconds(times, [&] { hash->fingerprint(image); });
        else if (const auto* distance = dynamic_cast<const fettle::Distance*>(stage.get()))
            each = bench::median_microseconds(times, [&] { distance->distance(image, image); }) / 2;  // two hashes each
        std::printf("%s %.2f\n", entry.info.id.c_str(), each);
    }
}
