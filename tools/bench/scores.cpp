// Scores of one pair of decoded images over and over, on one thread, without the framework: scores PLUGIN A.ppm B.ppm
// TIMES. Prints for each variant of similarity.ssim its score, and the median microseconds from bytes in memory to that
// number. `tools/bench/scores` compares them with scikit-image.
#include "../memory.hpp"
#include "images.hpp"

#include <fettle/sdk.hpp>
#include <fettle/testing.hpp>

#include <fettle/roles/learn.hpp>

int main(int argc, char** argv) {
    keep_memory();  // as the command line does
    if (argc != 5) {
        std::fprintf(stderr, "usage: scores PLUGIN A.ppm B.ppm TIMES\n");
        return 1;
    }
    at::set_num_threads(1);
    const torch::NoGradGuard no_gradients;
    fettle::testing::Library plugin(argv[1]);
    const fettle::Image images[] = {bench::read_ppm(argv[2]), bench::read_ppm(argv[3])};
    const auto tensor = [](const fettle::Image& image) {  // a fresh batch, since one keeps what it was converted to
        auto sample = std::make_shared<fettle::Sample>();
        sample->image = image;
        return fettle::tensor_of(fettle::Batch(std::vector<fettle::Ref<fettle::Sample>>{sample}), {});
    };
    for (const char* variant : {"wang", "scikit", "torchmetrics"}) {
        const auto object = plugin.make("similarity.ssim", {{"variant", variant}});
        const auto& ssim = dynamic_cast<const fettle::Similarity&>(*object);
        double score = 0;
        const double time = bench::median_microseconds(std::max(1, std::atoi(argv[4])), [&] {
            score = ssim.compare(tensor(images[0]), tensor(images[1])).mean().item<double>();
        });
        std::printf("%s %.2f %.17g\n", variant, time, score);
    }
}
