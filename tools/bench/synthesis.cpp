// Pastes objects into images that are decoded already, without the framework: synthesis PLUGIN FOLDER THREADS COUNT
// [OUTPUT]. FOLDER holds grounds/ and objects/ (PNG). Prints seconds and images. With OUTPUT, each image is
// saved as JPEG, JSON and CSV. `tools/bench/synthesis` compares it with Flip.
#include "../memory.hpp"

#include <fettle/image.hpp>
#include <fettle/parallel.hpp>
#include <fettle/testing.hpp>

#include <tbb/global_control.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace {

using fettle::Setting;

/// Every PNG of a folder, in memory: what a data set is once its pictures are decoded.
std::vector<fettle::Sample> decoded(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<fettle::Sample> samples;
    for (const auto& file : files) {
        auto [image, alpha] = fettle::decode_image(fettle::read_bytes(file), file.string());
        fettle::Sample sample;
        sample.info.id = file.stem();
        sample.image = std::move(image), sample.mask = std::move(alpha);
        samples.push_back(std::move(sample));
    }
    return samples;
}

/// Samples that are there already, over and over, as the framework's memory hands them out: not copied.
class Repeated final : public fettle::Images {
   public:
    Repeated(const std::vector<fettle::Sample>& samples, std::size_t count) {
        for (const auto& sample : samples) samples_.push_back(std::make_shared<const fettle::Sample>(sample));
        for (std::size_t i = 0; i < count; ++i) {
            infos_.push_back(samples[i % samples.size()].info);
            infos_.back().id += "#" + std::to_string(i);
        }
    }
    std::size_t size() const override { return infos_.size(); }
    const fettle::SampleInfo& info(std::size_t index) const override { return infos_.at(index); }
    fettle::Ref<fettle::Batch> read(std::span<const std::size_t> indices, std::uint32_t) const override {
        std::vector<fettle::Ref<fettle::Sample>> samples;
        for (const std::size_t index : indices) samples.push_back(samples_[index % samples_.size()]);
        return std::make_shared<const fettle::Batch>(std::move(samples));
    }

   private:
    std::vector<fettle::Ref<fettle::Sample>> samples_;
    std::vector<fettle::SampleInfo> infos_;
};

void save(const fettle::Sample& sample, const std::filesystem::path& folder) {
    const auto bytes = fettle::encode_image(sample.image, ".jpg", 95);
    const auto base = folder / sample.info.id;
    std::ofstream(base.string() + ".jpg", std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    std::ofstream json(base.string() + ".json"), csv(base.string() + ".csv");
    json << "[";
    for (std::size_t k = 0; k < sample.lineage.size(); ++k) {
        const auto line = nlohmann::json::parse(sample.lineage[k]);
        json << (k == 0 ? "" : ",") << sample.lineage[k];
        csv << line["object"].get<std::string>() << ',' << line["x"] << ',' << line["y"] << ',' << line["width"] << ','
            << line["height"] << '\n';
    }
    json << "]\n";
}

}  // namespace

int main(int argc, char** argv) {
    keep_memory();
    if (argc < 5) {
        std::fprintf(stderr, "usage: synthesis PLUGIN FOLDER THREADS COUNT [OUTPUT]\n");
        return 1;
    }
    const std::filesystem::path folder = argv[2], output = argc > 5 ? argv[5] : "";
    const auto threads = static_cast<std::size_t>(std::atoi(argv[3])),
               count = static_cast<std::size_t>(std::atoi(argv[4]));
    try {
        fettle::testing::Library library{std::filesystem::path(argv[1])};
        const auto grounds = std::make_shared<const Repeated>(decoded(folder / "grounds"), count);
        const auto cutouts = decoded(folder / "objects");
        const auto objects = std::make_shared<const Repeated>(cutouts, cutouts.size());
        const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
        tbb::task_arena arena(static_cast<int>(threads));
        const auto paste = library.make("synthesize.paste", {{"count", 2},
                                                             {"scale", Setting::List{0.15, 0.5}},
                                                             {"opacity", Setting::List{1, 1}},
                                                             {"feather", 1.4}});  // Flip's 7x7 Gaussian
        fettle::testing::TestContext context({}, 1, static_cast<int>(threads));
        const auto begin = std::chrono::steady_clock::now();
        arena.execute([&] {
            const auto images = std::dynamic_pointer_cast<const fettle::Images>(library.run(
                "synthesize.paste", *paste, {{"images", {grounds}}, {"objects", {objects}}}, context)["images"]);
            fettle::for_each_batch(*images, 32, [&](std::size_t, const fettle::Batch& batch) {
                if (output.empty()) return;
                fettle::parallel_for_each_index(batch.size(), [&](std::size_t i) { save(*batch.sample(i), output); });
            });
        });
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
        std::printf("%.4f %zu\n", seconds.count(), count);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "synthesis: %s\n", error.what());
        return 1;
    }
    return 0;
}
