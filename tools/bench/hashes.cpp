// Hashes one decoded image over and over, on one thread, without the framework: hashes PLUGIN IMAGE.ppm TIMES. Prints
// the median microseconds of each hash. `tools/bench/hashes` compares it with imagehash.
#include <fettle/roles/decide.hpp>
#include <fettle/testing.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace {

fettle::Image read_ppm(const char* path) {
    std::ifstream file(path, std::ios::binary);
    std::string magic;
    int width = 0, height = 0, most = 0;
    file >> magic >> width >> height >> most;
    file.get();
    fettle::Image image(width, height, 3);
    file.read(reinterpret_cast<char*>(image.pixels.data()), static_cast<std::streamsize>(image.pixels.size()));
    if (!file || magic != "P6" || most != 255) {
        std::fprintf(stderr, "hashes: %s is no PPM of 8 bits\n", path);
        std::exit(1);
    }
    return image;
}

template <class Work>
double median_microseconds(int times, Work work) {
    std::vector<double> taken;
    for (int i = 0; i < times; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        taken.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
    }
    std::nth_element(taken.begin(), taken.begin() + times / 2, taken.end());
    return taken[times / 2];
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: hashes PLUGIN IMAGE.ppm TIMES\n");
        return 1;
    }
    fettle::testing::Library plugin(argv[1]);
    const fettle::Image image = read_ppm(argv[2]);
    const int times = std::max(1, std::atoi(argv[3]));
    for (const auto& entry : plugin.entries()) {
        const auto stage = plugin.make(entry.info.id);
        double each = 0;
        if (const auto* hash = dynamic_cast<const fettle::Hash*>(stage.get()))
            each = median_microseconds(times, [&] { hash->fingerprint(image); });
        else if (const auto* distance = dynamic_cast<const fettle::Distance*>(stage.get()))
            each = median_microseconds(times, [&] { distance->distance(image, image); }) / 2;  // two hashes each
        std::printf("%s %.2f\n", entry.info.id.c_str(), each);
    }
}
