// What benchmarks of single images share.
#pragma once

#include <fettle/image.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace bench {

/// An RGB image of 8 bits; ends the program where it is none.
inline fettle::Image read_ppm(const char* path) {
    std::ifstream file(path, std::ios::binary);
    std::string magic;
    int width = 0, height = 0, most = 0;
    file >> magic >> width >> height >> most;
    file.get();
    fettle::Image image(width, height, 3);
    file.read(reinterpret_cast<char*>(image.pixels.data()), static_cast<std::streamsize>(image.pixels.size()));
    if (!file || magic != "P6" || most != 255) {
        std::fprintf(stderr, "%s is no PPM of 8 bits\n", path);
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
    return taken[static_cast<std::size_t>(times / 2)];
}

}  // namespace bench
