// What the tests of data stages share.
#pragma once

#include <fettle/error.hpp>
#include <fettle/image.hpp>
#include <fettle/ports.hpp>
#include <fettle/random.hpp>
#include <fettle/testing.hpp>

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace support {

using namespace fettle;
using fettle::testing::Library;
using fettle::testing::Settings;
using fettle::testing::TestContext;

/// A folder that is gone when the test is.
class TemporaryFolder {
   public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "fettle-test-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

   private:
    std::filesystem::path path_;
};

using Bytes = std::vector<std::uint8_t>;

inline void write_file(const std::filesystem::path& path, const Bytes& bytes) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

/// Random pixels: no two pictures of different seeds are alike.
inline Image noise_image(std::uint64_t seed, int width = 24, int height = 20, int channels = 3) {
    Image image(width, height, channels);
    Random random(seed);
    for (auto& value : image.pixels) value = static_cast<std::uint8_t>(random.integer(0, 255));
    return image;
}

/// The paths below $FETTLE_DATA; empty where real images aren't here.
inline std::filesystem::path real_data(const std::string& name) {
    const char* folder = std::getenv("FETTLE_DATA");
    const auto path = (folder != nullptr ? std::filesystem::path(folder)
                                         : std::filesystem::path(FETTLE_SOURCE_FOLDER) / ".." / "shared" / "data") /
                      name;
    return std::filesystem::exists(path) ? path : std::filesystem::path();
}

inline Ref<Images> as_images(const ValueRef& value) { return std::dynamic_pointer_cast<const Images>(value); }

/// A data set's images; `context` must outlive them.
inline Ref<Images> open_dataset(Library& library, const char* id, const Settings& settings, TestContext& context) {
    const auto object = library.make(id, settings);
    return as_images(library.run(id, *object, {}, context)["images"]);
}

inline Sample sample_at(const Images& images, std::size_t index, std::uint32_t round = 0) {
    return *images.read({&index, 1}, round)->sample(0);
}

/// Runs `action` and returns the error it throws; fails the test where it throws none.
template <class Action>
Error error_of(const Action& action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return Error(Fault::plugin, "");
}

inline std::vector<std::string> ids_of(const Images& images) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < images.size(); ++i) ids.push_back(images.info(i).id);
    return ids;
}

/// Images from samples that are already there.
inline Ref<Images> fixed_images(std::vector<Sample> samples) {
    std::vector<SampleInfo> infos;
    for (const Sample& sample : samples) infos.push_back(sample.info);
    return lazy_images(std::move(infos),
                       [samples = std::move(samples)](std::size_t i, std::uint32_t) { return samples[i]; });
}

inline Sample sample_of(std::string id, Image image, Image mask = {}, Label label = Label::normal) {
    Sample sample;
    sample.info.id = std::move(id);
    sample.info.label = label;
    sample.image = std::move(image);
    sample.mask = std::move(mask);
    return sample;
}

inline void expect_conforms(Library& library) {
    for (const auto& entry : library.entries())
        for (const auto& text : fettle::testing::complaints(entry)) ADD_FAILURE() << entry.info.id << ": " << text;
}

}  // namespace support
