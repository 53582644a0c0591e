// libFuzzer's entry for one target, and its eyes: GCC tells of every branch and comparison by calling functions, which
// count here where libFuzzer looks (its extra counters). So the fuzzers are built by the compiler that everything else
// is built by.
#include "targets.hpp"

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace {
constexpr std::size_t counter_count = 1 << 16;
[[gnu::section("__libfuzzer_extra_counters")]] std::uint8_t counters[counter_count];
}  // namespace

extern "C" [[gnu::no_sanitize_coverage]] void __sanitizer_cov_trace_pc() {
    const auto place = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
    ++counters[(place ^ place >> 16) % counter_count];
}

// GCC calls these as well; libFuzzer has them for whole numbers alone.
extern "C" void __sanitizer_cov_trace_cmpf(float, float) {}
extern "C" void __sanitizer_cov_trace_cmpd(double, double) {}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    for (const fuzz::Target& target : fuzz::targets)
        if (std::string_view(target.name) == FETTLE_FUZZ_TARGET) target.feed({data, size});
    return 0;
}

/// `--seeds FOLDER` as the first arguments writes right inputs there, and ends.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    if (*argc < 3 || std::string_view((*argv)[1]) != "--seeds") return 0;
    std::filesystem::create_directories((*argv)[2]);
    int number = 0;
    for (const std::string& seed : fuzz::seeds(FETTLE_FUZZ_TARGET))
        std::ofstream(std::filesystem::path((*argv)[2]) / ("seed" + std::to_string(number++)), std::ios::binary)
            << seed;
    std::exit(0);
}
