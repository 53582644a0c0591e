#include "frames.hpp"

#include <fettle/sdk.hpp>

#include <algorithm>
#include <array>
#include <numeric>

namespace {

using fettle::Error;
using fettle::Fault;

/// Frames as a sequence: a batch's frames are read by one reader, in their order in the file.
class VideoImages final : public fettle::Images {
   public:
    VideoImages(std::shared_ptr<const Frames> frames, std::vector<std::size_t> numbers,
                std::vector<fettle::SampleInfo> infos, std::array<int, 2> size, std::vector<std::string> left_out)
        : frames_(std::move(frames)),
          numbers_(std::move(numbers)),
          infos_(std::move(infos)),
          size_(size),
          left_out_(std::move(left_out)) {}

    std::size_t size() const override { return infos_.size(); }
    const fettle::SampleInfo& info(std::size_t index) const override { return infos_[index]; }
    std::vector<std::string> left_out() const override { return left_out_; }

    fettle::Ref<fettle::Batch> read(std::span<const std::size_t> indices, std::uint32_t) const override {
        std::vector<std::size_t> wanted(indices.begin(), indices.end());  // ascending, each once
        std::sort(wanted.begin(), wanted.end());
        wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
        std::vector<std::size_t> numbers;
        for (const std::size_t index : wanted) numbers.push_back(numbers_[index]);

        std::vector<fettle::Ref<fettle::Sample>> made;
        frames_->read(numbers, [&](std::size_t k, fettle::Image image) {
            fettle::Sample sample;
            sample.info = infos_[wanted[k]];
            sample.image = size_[0] > 0 ? fettle::resize_image(image, size_[0], size_[1]) : std::move(image);
            made.push_back(std::make_shared<const fettle::Sample>(std::move(sample)));
        });
        std::vector<fettle::Ref<fettle::Sample>> samples;
        for (const std::size_t index : indices)
            samples.push_back(
                made[static_cast<std::size_t>(std::lower_bound(wanted.begin(), wanted.end(), index) - wanted.begin())]);
        return std::make_shared<fettle::Batch>(std::move(samples));
    }

   private:
    std::shared_ptr<const Frames> frames_;
    std::vector<std::size_t> numbers_;  ///< in the file, ascending
    std::vector<fettle::SampleInfo> infos_;
    std::array<int, 2> size_;
    std::vector<std::string> left_out_;
};

/// A video's frames, in their order. Reading them in another order (a shuffled epoch) goes through the file again and
/// again; `keep = true` stores them once as images, and any order is cheap.
struct Video final : fettle::Dataset {
    std::filesystem::path path;
    std::array<int, 2> size{0, 0};
    int every = 1;
    int limit = 0;
    std::string label = "unknown";

    static void describe(fettle::Describe<Video>& d) {
        d.summary("Frames of a video file; with `keep = true` they are cheap to read in any order.")
            .param("path", &Video::path, "The file, of a kind that FFmpeg reads.", fettle::required())
            .param("size", &Video::size, "Width and height in pixels, by area; [0, 0] leaves frames as they are.",
                   fettle::between(0, 16384))
            .param("every", &Video::every, "Takes each n-th frame, beginning with the first.", fettle::at_least(1))
            .param("limit", &Video::limit, "At most so many frames, from the first on; 0 takes all.",
                   fettle::at_least(0))
            .param("label", &Video::label, "What the frames show.", fettle::one_of({"normal", "anomalous", "unknown"}))
            .check(&Video::sizes_agree);
    }

    std::string sizes_agree() const {
        if ((size[0] == 0) == (size[1] == 0)) return "";
        return "`size` is [" + std::to_string(size[0]) + ", " + std::to_string(size[1]) +
               "]; either both are 0 or none is";
    }

    fettle::Ref<fettle::Images> open(fettle::Context& context) const override {
        if (!std::filesystem::is_regular_file(path))
            throw Error(Fault::data, "there is no file `" + path.string() + "`").parameter("path");
        auto frames = std::make_shared<const Frames>(path);
        const std::size_t readable = count(*frames, context);
        std::vector<std::string> left_out;
        // What a container says of itself may be computed from its duration, and one off.
        if (readable + 1 < frames->announced()) {
            left_out.push_back("`" + path.string() + "` says that it holds " + std::to_string(frames->announced()) +
                               " frames, but is broken after " + std::to_string(readable));
            context.warn(left_out.front() + "; the rest is left out");
        }
        std::vector<std::size_t> numbers;
        std::vector<fettle::SampleInfo> infos;
        for (std::size_t k = 0; k < readable; k += static_cast<std::size_t>(every)) {
            if (limit > 0 && infos.size() == static_cast<std::size_t>(limit)) break;
            numbers.push_back(k);
            infos.push_back({.id = id_of(k), .label = fettle::label_from(label)});
        }
        return std::make_shared<VideoImages>(std::move(frames), std::move(numbers), std::move(infos), size,
                                             std::move(left_out));
    }

   private:
    std::size_t count(const Frames& frames, fettle::Context& context) const {
        const std::size_t readable = frames.count([&](std::size_t seen) {
            if (seen % 256 != 0) return;
            context.check_stop();
            context.progress(seen, std::max(seen, frames.announced()), "frames counted");
        });
        if (readable > 0) return readable;
        throw Error(Fault::data, "no frame of `" + path.string() + "` can be read").parameter("path");
    }

    /// "belt.mp4#000012"
    std::string id_of(std::size_t frame) const {
        const std::string number = std::to_string(frame);
        return path.filename().string() + "#" + std::string(number.size() < 6 ? 6 - number.size() : 0, '0') + number;
    }
};

}  // namespace

void add_video(fettle::PluginBuilder& plugin) { plugin.add<Video>("dataset.video"); }
