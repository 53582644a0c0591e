#include "kept.hpp"

#include "words.hpp"

#include <fettle/error.hpp>
#include <fettle/parallel.hpp>

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>

namespace fettle {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

/// Where a sample's numbers lie in samples.bin: 8-bit image and mask, or float32 channels.
struct Place {
    std::uint64_t offset = 0;
    bool floats = false;
    int channels = 0, height = 0, width = 0, mask_height = 0, mask_width = 0;
    bool instances = false;  ///< a third image, of the mask's size

    std::size_t pixels() const { return static_cast<std::size_t>(channels) * height * width; }
    std::size_t mask_pixels() const { return static_cast<std::size_t>(mask_height) * mask_width; }
    std::size_t bytes() const { return floats ? 4 * pixels() : pixels() + (instances ? 2 : 1) * mask_pixels(); }
};

/// Rows of floats on the host, as they were stored.
class FloatPart final : public TensorPart {
   public:
    explicit FloatPart(std::vector<std::shared_ptr<const Floats>> rows) : rows_(std::move(rows)) {}

    std::size_t count() const override { return rows_.size(); }
    std::size_t bytes() const override {
        std::size_t bytes = 0;
        for (const auto& row : rows_) bytes += row->values.size() * sizeof(float);
        return bytes;
    }
    Floats floats(std::size_t row) const override { return *rows_[row]; }
    Plane plane(std::size_t row) const override {
        const Floats& from = *rows_[row];
        return {from.width, from.height, {from.values.begin(), from.values.begin() + from.width * from.height}};
    }
    Image image(std::size_t row) const override {
        const Floats& from = *rows_[row];
        Image out(from.width, from.height, 3);
        const std::size_t area = static_cast<std::size_t>(from.width) * from.height;
        for (std::size_t p = 0; p < area; ++p)
            for (std::size_t c = 0; c < 3; ++c) {
                const float value = from.values[(from.channels == 1 ? 0 : c * area) + p];
                out.pixels[3 * p + c] =
                    static_cast<std::uint8_t>(std::clamp(std::nearbyint(value * 255), 0.0f, 255.0f));
            }
        return out;
    }
    std::shared_ptr<const TensorPart> gather(std::span<const Row> rows) const override {
        std::vector<std::shared_ptr<const Floats>> out;
        for (const auto& [part, row] : rows) out.push_back(dynamic_cast<const FloatPart&>(*part).rows_[row]);
        return std::make_shared<FloatPart>(std::move(out));
    }

   private:
    std::vector<std::shared_ptr<const Floats>> rows_;
};

Json to_json(const SampleInfo& info) {
    return {words(info.id), to_string(info.label), to_string(info.split), words(info.category), words(info.published)};
}

SampleInfo info_from(const Json& json) {
    return {words(json.at(0)), label_from(json.at(1).get<std::string>()), split_from(json.at(2).get<std::string>()),
            words(json.at(3)), words(json.at(4))};
}

class KeptImages final : public Images {
   public:
    explicit KeptImages(const fs::path& folder) : name_((folder / "samples.bin").string()) {
        std::ifstream text(folder / "value.json");
        const Json json = Json::parse(text);
        for (const Json& entry : json.at("samples")) {
            infos_.push_back(info_from(entry.at("info")));
            labels_.push_back(label_from(entry.at("label").get<std::string>()));
            lineages_.emplace_back();
            for (const Json& step : entry.at("lineage")) lineages_.back().push_back(words(step));
            const Json& place = entry.at("place");
            places_.push_back({place.at(0), place.at(1), place.at(2), place.at(3), place.at(4), place.at(5),
                               place.at(6), place.at(7)});
            classes_.emplace_back();
            for (const Json& name : entry.at("classes")) classes_.back().push_back(words(name));
        }
        for (const Json& sentence : json.at("left_out")) left_out_.push_back(words(sentence));
        file_ = open(name_.c_str(), O_RDONLY | O_CLOEXEC);
        if (file_ < 0) throw Error(Fault::storage, "`" + name_ + "` could not be read");
    }
    ~KeptImages() override { close(file_); }

    std::size_t size() const override { return infos_.size(); }
    const SampleInfo& info(std::size_t index) const override { return infos_[index]; }
    std::vector<std::string> left_out() const override { return left_out_; }

    Ref<Batch> read(std::span<const std::size_t> indices, std::uint32_t) const override {
        const bool floats = !indices.empty() && places_[indices.front()].floats;
        std::vector<Ref<Sample>> samples(indices.size());
        std::vector<std::shared_ptr<const Floats>> rows(indices.size());
        std::vector<SampleInfo> infos(indices.size());
        parallel_for_each_index(indices.size(), [&](std::size_t k) {
            infos[k] = infos_[indices[k]];
            infos[k].label = labels_[indices[k]];
            if (floats)
                rows[k] = floats_at(indices[k]);
            else
                samples[k] = sample_at(indices[k], infos[k]);
        });
        if (!floats) return std::make_shared<Batch>(std::move(samples));
        return std::make_shared<Batch>(std::move(infos), std::make_shared<FloatPart>(std::move(rows)));
    }

   private:
    void fetch(void* to, std::size_t count, std::uint64_t offset) const {
        for (std::size_t done = 0; done < count;) {
            const ssize_t n =
                pread(file_, static_cast<char*>(to) + done, count - done, static_cast<off_t>(offset + done));
            if (n <= 0) throw Error(Fault::storage, "`" + name_ + "` is cut short");
            done += static_cast<std::size_t>(n);
        }
    }
    Ref<Sample> sample_at(std::size_t index, const SampleInfo& info) const {
        const Place& place = places_[index];
        Sample sample;
        sample.info = info;
        sample.lineage = lineages_[index];
        sample.image = Image(place.width, place.height, place.channels);
        fetch(sample.image.pixels.data(), place.pixels(), place.offset);
        if (place.mask_pixels() > 0) {
            sample.mask = Image(place.mask_width, place.mask_height, 1);
            fetch(sample.mask.pixels.data(), place.mask_pixels(), place.offset + place.pixels());
        }
        if (place.instances) {
            sample.instances = Image(place.mask_width, place.mask_height, 1);
            fetch(sample.instances.pixels.data(), place.mask_pixels(),
                  place.offset + place.pixels() + place.mask_pixels());
            sample.instance_classes = classes_[index];
        }
        return std::make_shared<const Sample>(std::move(sample));
    }
    std::shared_ptr<const Floats> floats_at(std::size_t index) const {
        const Place& place = places_[index];
        auto row = std::make_shared<Floats>(
            Floats{place.channels, place.height, place.width, std::vector<float>(place.pixels())});
        fetch(row->values.data(), place.bytes(), place.offset);
        return row;
    }

    std::string name_;
    int file_ = -1;
    std::vector<SampleInfo> infos_;
    std::vector<Label> labels_;  ///< of the samples as made, where the sequence itself says "unknown"
    std::vector<std::vector<std::string>> lineages_, classes_;
    std::vector<Place> places_;
    std::vector<std::string> left_out_;
};

}  // namespace

void keep_images(const Images& images, const fs::path& folder) {
    if (images.varies())
        throw Error(Fault::plugin, "images that are drawn anew in every epoch can't be kept")
            .help("set `fresh = false` where they are drawn, or take `keep` away");
    std::ofstream file(folder / "samples.bin", std::ios::binary);
    std::uint64_t offset = 0;
    Json samples = Json::array();
    for_each_batch(images, 32, [&](std::size_t first, const Batch& batch) {
        const auto tensors = batch.on_host() ? nullptr : batch.tensors();
        for (std::size_t i = 0; i < batch.size(); ++i) {
            Place place{.offset = offset, .floats = tensors != nullptr};
            Json lineage = Json::array(), classes = Json::array();
            if (tensors) {
                const Floats row = tensors->floats(i);
                place.channels = row.channels, place.height = row.height, place.width = row.width;
                file.write(reinterpret_cast<const char*>(row.values.data()),
                           static_cast<std::streamsize>(place.bytes()));
            } else {
                const Sample& sample = *batch.sample(i);
                place.channels = sample.image.channels, place.height = sample.image.height,
                place.width = sample.image.width;
                place.mask_height = sample.mask.height, place.mask_width = sample.mask.width;
                place.instances = sample.instances.pixels.size() == place.mask_pixels() && place.mask_pixels() > 0;
                file.write(reinterpret_cast<const char*>(sample.image.pixels.data()),
                           static_cast<std::streamsize>(place.pixels()));
                file.write(reinterpret_cast<const char*>(sample.mask.pixels.data()),
                           static_cast<std::streamsize>(place.mask_pixels()));
                if (place.instances) {
                    file.write(reinterpret_cast<const char*>(sample.instances.pixels.data()),
                               static_cast<std::streamsize>(place.mask_pixels()));
                    for (const std::string& name : sample.instance_classes) classes.push_back(words(name));
                }
                for (const std::string& step : sample.lineage) lineage.push_back(words(step));
            }
            samples.push_back({{"info", to_json(images.info(first + i))},
                               {"label", to_string(batch.info(i).label)},
                               {"lineage", std::move(lineage)},
                               {"classes", std::move(classes)},
                               {"place",
                                {place.offset, place.floats, place.channels, place.height, place.width,
                                 place.mask_height, place.mask_width, place.instances}}});
            offset += place.bytes();
        }
    });
    file.close();
    std::ofstream text(folder / "value.json");
    Json left_out = Json::array();
    for (const std::string& sentence : images.left_out()) left_out.push_back(words(sentence));
    text << Json{{"samples", std::move(samples)}, {"left_out", std::move(left_out)}}.dump();
    text.close();
    if (!file || !text)
        throw Error(Fault::storage, "`" + folder.string() + "` could not be written").help("is the disk full?");
}

Ref<Images> kept_images(const fs::path& folder) { return std::make_shared<KeptImages>(folder); }

}  // namespace fettle
