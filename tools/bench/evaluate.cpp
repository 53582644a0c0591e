// Two figures of the family `evaluate`, without the framework: evaluate PLUGIN THREADS draws, or evaluate PLUGIN
// THREADS pixels FOLDER. The first judges 10,000 scores with 1,000 redrawn sets; the second gives maps.bin and
// masks.bin of a folder (count, height, width as 32-bit numbers in shape.bin; float32; bytes) to evaluate.localisation.
// Prints seconds and, of pixels, AUPRO. `tools/bench/evaluate` compares with peers.
#include <fettle/image.hpp>
#include <fettle/planes.hpp>
#include <fettle/random.hpp>
#include <fettle/roles/decide.hpp>
#include <fettle/testing.hpp>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void judge_scores(fettle::testing::Library& library) {
    fettle::Random random(1);
    std::vector<double> scores;
    std::vector<bool> anomalous;
    for (int i = 0; i < 10000; ++i) {
        anomalous.push_back(i % 2 == 0);
        scores.push_back(random.normal() + (i % 2 == 0 ? 1 : 0));
    }
    const auto object = library.make("evaluate.detection");
    const auto begin = std::chrono::steady_clock::now();
    const auto judged = dynamic_cast<const fettle::Measure&>(*object).judge(scores, anomalous, {"metric", 0.5, "", 0});
    std::printf("%.4f %zu\n", seconds_since(begin), judged.figures.size());
}

/// Maps that are there already.
class Ready final : public fettle::Maps {
   public:
    explicit Ready(const std::filesystem::path& folder) {
        const auto shape = fettle::read_bytes(folder / "shape.bin"), maps = fettle::read_bytes(folder / "maps.bin");
        const auto masks = fettle::read_bytes(folder / "masks.bin");
        std::uint32_t sides[3];
        std::memcpy(sides, shape.data(), sizeof sides);
        const std::size_t pixels = std::size_t{sides[1]} * sides[2];
        std::vector<fettle::Image> images;
        for (std::size_t i = 0; i < sides[0]; ++i) {
            const int height = static_cast<int>(sides[1]), width = static_cast<int>(sides[2]);
            auto plane = std::make_shared<fettle::Plane>(fettle::Plane{width, height, std::vector<float>(pixels)});
            std::memcpy(plane->values.data(), maps.data() + i * pixels * sizeof(float), pixels * sizeof(float));
            planes_.push_back(std::move(plane));
            fettle::Image mask(width, height, 1);
            std::memcpy(mask.pixels.data(), masks.data() + i * pixels, pixels);
            const bool any = std::find(mask.pixels.begin(), mask.pixels.end(), 255) != mask.pixels.end();
            images.push_back(any ? std::move(mask) : fettle::Image());
            infos_.push_back({std::to_string(i), any ? fettle::Label::anomalous : fettle::Label::normal,
                              fettle::Split::test, "", ""});
        }
        samples_ = fettle::lazy_images(infos_, [images](std::size_t i, std::uint32_t) {
            fettle::Sample sample;
            sample.mask = images[i];
            return sample;
        });
    }
    std::size_t size() const override { return infos_.size(); }
    const fettle::SampleInfo& info(std::size_t index) const override { return infos_.at(index); }
    std::string label() const override { return "maps"; }
    fettle::Ref<fettle::Images> reference() const override { return samples_; }
    fettle::Ref<fettle::Images> candidate() const override { return samples_; }
    fettle::Ref<fettle::Batch> read(std::span<const std::size_t> indices, std::uint32_t) const override {
        std::vector<fettle::SampleInfo> infos;
        std::vector<std::shared_ptr<const fettle::Plane>> rows;
        for (const std::size_t i : indices) infos.push_back(infos_[i]), rows.push_back(planes_[i]);
        return std::make_shared<const fettle::Batch>(std::move(infos), std::make_shared<fettle::PlanePart>(rows));
    }

   private:
    std::vector<fettle::SampleInfo> infos_;
    std::vector<std::shared_ptr<const fettle::Plane>> planes_;
    fettle::Ref<fettle::Images> samples_;
};

void judge_pixels(fettle::testing::Library& library, const char* folder, int threads) {
    const auto maps = std::make_shared<const Ready>(folder);
    const auto object = library.make("evaluate.localisation");
    fettle::testing::TestContext context({}, 1, threads);
    const auto begin = std::chrono::steady_clock::now();
    const auto measures = std::dynamic_pointer_cast<const fettle::Measures>(
        library.run("evaluate.localisation", *object, {{"maps", {maps}}}, context)["measures"]);
    const double seconds = seconds_since(begin);
    for (const auto& figure : measures->tables[0].rows[0].figures)
        if (figure.name == "aupro") std::printf("%.4f %.9f\n", seconds, figure.value);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        std::fprintf(stderr, "usage: evaluate PLUGIN THREADS draws | pixels FOLDER\n");
        return 1;
    }
    const int threads = std::atoi(argv[2]);
    try {
        fettle::testing::Library library{std::filesystem::path(argv[1])};
        const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                        static_cast<std::size_t>(threads));
        tbb::task_arena(threads).execute([&] {
            if (std::string(argv[3]) == "draws")
                judge_scores(library);
            else
                judge_pixels(library, argc > 4 ? argv[4] : ".", threads);
        });
    } catch (const std::exception& error) {
        std::fprintf(stderr, "evaluate: %s\n", error.what());
        return 1;
    }
    return 0;
}
