// Stages that take their time, wait, hang or eat memory, as they are told. Built as a plugin of its own, for the tests
// of this folder alone.
#include <fettle/sdk.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

void wait_for(const std::string& file) {
    while (!std::filesystem::exists(file)) std::this_thread::sleep_for(2ms);
}

/// Until an allocation fails; nothing is touched, so the machine doesn't notice.
void eat() {
    std::vector<std::unique_ptr<char[]>> eaten;
    for (;;) eaten.emplace_back(new char[64 << 20]);
}

/// The sum of each image's values, as a file.
struct Trouble final : fettle::Stage {
    std::string how = "nothing", until;
    int steps = 10;

    struct In {
        std::vector<fettle::Ref<fettle::Images>> images;
    };
    struct Out {
        fettle::Ref<fettle::Files> files;
    };

    static void describe(fettle::Describe<Trouble>& d) {
        d.summary("Sums of images, and whatever else it is told to do.")
            .in("images", &In::images, "What is summed up.")
            .out("files", &Out::files, "A folder with sums.txt.")
            .param("how", &Trouble::how, "What happens before.",
                   fettle::one_of({"nothing", "hang", "ask", "slow", "steady", "wait", "memory"}))
            .param("until", &Trouble::until, "\"wait\" ends when this file is there.")
            .param("steps", &Trouble::steps,
                   "How often \"slow\" tells of progress, once in 30 ms; \"steady\", in 200 ms of short naps.",
                   fettle::at_least(0));
    }

    Out run(const In& in, fettle::Context& context) const {
        if (how == "hang" || how == "ask") context.progress(3, 10, "loss 0.25");
        while (how == "hang") std::this_thread::sleep_for(2ms);
        while (how == "ask") {
            context.check_stop();
            std::this_thread::sleep_for(2ms);
        }
        for (int step = 0; how == "slow" && step < steps; ++step) {
            std::this_thread::sleep_for(30ms);
            context.progress(static_cast<std::size_t>(step), static_cast<std::size_t>(steps));
        }
        for (int step = 0; how == "steady" && step < steps; ++step) {
            for (int nap = 0; nap < 40; ++nap)
                std::this_thread::sleep_for(5ms);  // a long one would end while suspended
            context.check_stop();
            context.progress(static_cast<std::size_t>(step), static_cast<std::size_t>(steps));
        }
        if (how == "wait") wait_for(until);
        if (how == "memory") eat();
        const auto images = fettle::join_images(in.images);
        std::ofstream file(context.output_folder() / "sums.txt");
        for (std::size_t i = 0; i < images->size(); ++i) {
            const auto pixels = images->read({&i, 1}, 0)->sample(0)->image.pixels;
            file << images->info(i).id << " " << std::accumulate(pixels.begin(), pixels.end(), 0u) << "\n";
        }
        auto files = std::make_shared<fettle::Files>();
        files->folder = context.output_folder();
        return {files};
    }
};

/// Images as they are, given out once a file is there.
struct Stuck final : fettle::Transform {
    std::string until;
    static void describe(fettle::Describe<Stuck>& d) {
        d.summary("Images as they are, later.").param("until", &Stuck::until, "Where the file lies.");
    }
    fettle::Sample apply(fettle::Sample sample, fettle::Random&) const override {
        wait_for(until);
        return sample;
    }
};

/// Images as they are, after so many warnings of each kind.
struct Warner final : fettle::Stage {
    int lasting = 0, passing = 0;

    struct In {
        std::vector<fettle::Ref<fettle::Images>> images;
    };
    struct Out {
        fettle::Ref<fettle::Images> images;
    };

    static void describe(fettle::Describe<Warner>& d) {
        d.summary("Images as they are, with warnings.")
            .in("images", &In::images, "What is given back.")
            .out("images", &Out::images, "The same.")
            .param("lasting", &Warner::lasting, "How many warnings are about the images.", fettle::at_least(0))
            .param("passing", &Warner::passing, "How many are about this time alone.", fettle::at_least(0));
    }

    Out run(const In& in, fettle::Context& context) const {
        for (int i = 0; i < lasting; ++i) context.warn("spot " + std::to_string(i) + ";");
        for (int i = 0; i < passing; ++i) context.warn_this_time("rain " + std::to_string(i) + ";");
        return {fettle::join_images(in.images)};
    }
};

}  // namespace

FETTLE_PLUGIN(trouble, "1.0.0", "Stages that are in trouble") {
    plugin.add<Trouble>("test.trouble");
    plugin.add<Stuck>("test.stuck");
    plugin.add<Warner>("test.warner");
}
