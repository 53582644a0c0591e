// Trains a network on images that are in memory already, without the framework, and prints how many images a second
// its steps take: training PLUGIN-FOLDER THREADS SIDE BATCH STEPS KEY=VALUE... `tools/bench/training` compares them.
// The keys are the trainer's; the network is model.dilated_autoencoder, the loss SSIM and ten times the squared
// difference.
#include "../memory.hpp"

#include <fettle/random.hpp>
#include <fettle/testing.hpp>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

namespace {

using fettle::testing::Library;
using Clock = std::chrono::steady_clock;

/// A context that notes when each step was done.
class Timed final : public fettle::Context {
   public:
    Timed(std::filesystem::path folder, int threads) : inner_(std::move(folder), 1, threads) {}

    std::uint64_t seed() const override { return inner_.seed(); }
    fettle::Device device() const override { return inner_.device(); }
    int threads() const override { return inner_.threads(); }
    std::string label() const override { return inner_.label(); }
    std::string component_text(std::string_view name) const override { return inner_.component_text(name); }
    const fettle::GraphText& graph() const override { return inner_.graph(); }
    std::filesystem::path output_folder() const override { return inner_.output_folder(); }
    std::filesystem::path checkpoint_folder() const override { return inner_.checkpoint_folder(); }
    void progress(std::size_t, std::size_t, std::string_view) const override { steps.push_back(Clock::now()); }
    void warn(std::string_view) const override {}
    void warn_this_time(std::string_view) const override {}
    void note(std::string_view, std::string_view) const override {}
    void traced(std::string_view, std::chrono::steady_clock::time_point) const override {}
    void waited_since(Clock::time_point) const override {}
    double seconds() const override { return 0; }
    void carried_on(double) const override {}
    bool stop_requested() const override { return false; }
    std::unique_lock<std::mutex> use_device() const override { return inner_.use_device(); }

    mutable std::vector<Clock::time_point> steps;

   private:
    fettle::testing::TestContext inner_;
};

/// Noise, which costs a step as much as anything else.
fettle::Ref<fettle::Images> noise(std::size_t count, int side) {
    std::vector<fettle::SampleInfo> infos;
    std::vector<fettle::Image> images;
    for (std::size_t i = 0; i < count; ++i) {
        infos.push_back({std::to_string(i), fettle::Label::normal, fettle::Split::train});
        fettle::Random random(3, i);
        fettle::Image& image = images.emplace_back(side, side, 3);
        for (auto& value : image.pixels) value = static_cast<std::uint8_t>(random.bits());
    }
    return fettle::lazy_images(std::move(infos), [images = std::move(images)](std::size_t index, std::uint32_t) {
        fettle::Sample sample;
        sample.image = images[index];
        return sample;
    });
}

fettle::Setting setting_of(const std::string& text) {
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (end == text.c_str() || *end != '\0') return text == "true" ? fettle::Setting(true) : fettle::Setting(text);
    if (text.find_first_of(".e") != std::string::npos) return number;
    return static_cast<std::int64_t>(number);
}

void plug(const fettle::TypeEntry& type, fettle::Component& stage, const std::string& name,
          const std::vector<std::shared_ptr<fettle::Component>>& parts) {
    for (std::size_t i = 0; i < type.info.components.size(); ++i)
        if (type.info.components[i].name == name) type.plug[i](stage, parts);
}

/// Images a second over the fastest quarter of the steps, which other programs disturbed least.
double speed(const std::vector<Clock::time_point>& steps, int batch) {
    std::vector<double> seconds;
    for (std::size_t i = 5; i < steps.size(); ++i)
        seconds.push_back(std::chrono::duration<double>(steps[i] - steps[i - 1]).count());
    std::sort(seconds.begin(), seconds.end());
    double sum = 0;
    const std::size_t quarter = seconds.size() / 4;
    for (std::size_t i = 0; i < quarter; ++i) sum += seconds[i];
    return batch * static_cast<double>(quarter) / sum;
}

}  // namespace

int main(int argc, char** argv) {
    keep_memory();  // as the command line does
    if (argc < 6) {
        std::fprintf(stderr, "usage: training PLUGIN-FOLDER THREADS SIDE BATCH STEPS KEY=VALUE...\n");
        return 1;
    }
    const std::filesystem::path folder(argv[1]);
    const int threads = std::atoi(argv[2]), side = std::atoi(argv[3]), batch = std::atoi(argv[4]);
    std::string scratch = (std::filesystem::temp_directory_path() / "fettle-bench-XXXXXX").string();
    if (mkdtemp(scratch.data()) == nullptr) return 1;
    int status = 0;
    try {
        Library model(folder / "model.so"), similarity(folder / "similarity.so"), train(folder / "train.so");
        fettle::testing::Settings settings{
            {"epochs", std::atoi(argv[5])}, {"batch", batch}, {"checkpoint_every", 1e9}, {"warm_up", 1}};
        for (int i = 6; i < argc; ++i)
            if (const char* equals = std::strchr(argv[i], '='))
                settings[std::string(argv[i], static_cast<std::size_t>(equals - argv[i]))] = setting_of(equals + 1);
        const auto stage =
            train.make("train.reconstruction", settings, {{"model", model.make("model.dilated_autoencoder")}});
        plug(train.entry("train.reconstruction"), *stage, "loss",
             {similarity.make("similarity.ssim"), similarity.make("similarity.l2", {{"weight", 10}})});
        const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                        static_cast<std::size_t>(threads));
        tbb::task_arena arena(threads);
        arena.execute([&] {
            Timed context(scratch, threads);
            const auto images = noise(static_cast<std::size_t>(batch), side);
            train.run("train.reconstruction", *stage, {{"inputs", {images}}, {"targets", {images}}}, context);
            std::printf("%.2f\n", speed(context.steps, batch));
        });
    } catch (const std::exception& error) {
        std::fprintf(stderr, "training: %s\n", error.what());
        status = 1;
    }
    std::filesystem::remove_all(scratch);
    return status;
}
