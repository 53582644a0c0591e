// `keep = true`: images stored and read back equal.
#include <fettle/error.hpp>
#include <fettle/ports.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace {

namespace fs = std::filesystem;

class Kept : public ::testing::Test {
   protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() / ("fettle-kept-" + std::to_string(getpid()));
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    /// Images of different sizes, every other one with a mask, labels known by making them alone.
    static fettle::Ref<fettle::Images> some(bool varies = false) {
        std::vector<fettle::SampleInfo> infos(40);
        for (std::size_t i = 0; i < infos.size(); ++i) {
            infos[i].id = "part/" + std::to_string(i);
            infos[i].split = fettle::Split::calibrate;
            infos[i].category = "ok_front";
        }
        return fettle::lazy_images(
            infos,
            [](std::size_t i, std::uint32_t round) {
                fettle::Sample sample;
                sample.info.label = i % 3 == 0 ? fettle::Label::anomalous : fettle::Label::normal;
                sample.image = fettle::Image(5 + static_cast<int>(i), 7, 3);
                for (std::size_t p = 0; p < sample.image.pixels.size(); ++p)
                    sample.image.pixels[p] = static_cast<std::uint8_t>(p * 31 + i * 7 + round);
                if (i % 2 == 0) sample.mask = fettle::Image(5 + static_cast<int>(i), 7, 1, 255);
                if (i % 4 == 0) {
                    sample.instances = fettle::Image(5 + static_cast<int>(i), 7, 1, 1);
                    sample.instances.pixels[i] = 2;
                    sample.instance_classes = {"crack", "pore"};
                }
                sample.lineage = {"{\"step\":" + std::to_string(i) + "}"};
                return sample;
            },
            varies);
    }

    fs::path folder_;
};

TEST_F(Kept, ImagesReadBackEqualInAnyOrder) {
    const auto images = some();
    fettle::save_value(*images, folder_);
    const auto value = fettle::load_value("images/1", folder_);
    const auto kept = std::dynamic_pointer_cast<const fettle::Images>(value);
    ASSERT_TRUE(kept);
    ASSERT_EQ(kept->size(), images->size());
    const std::vector<std::size_t> order{39, 0, 17, 17, 2, 36};
    const auto before = images->read(order), after = kept->read(order);
    for (std::size_t k = 0; k < order.size(); ++k) {
        EXPECT_EQ(kept->info(order[k]), images->info(order[k]));
        EXPECT_EQ(after->sample(k)->info, before->sample(k)->info);
        EXPECT_EQ(after->sample(k)->image, before->sample(k)->image);
        EXPECT_EQ(after->sample(k)->mask, before->sample(k)->mask);
        EXPECT_EQ(after->sample(k)->lineage, before->sample(k)->lineage);
        EXPECT_EQ(after->sample(k)->instances, before->sample(k)->instances);
        EXPECT_EQ(after->sample(k)->instance_classes, before->sample(k)->instance_classes);
    }
}

TEST_F(Kept, ImagesThatVaryAreRefusedInWords) {
    try {
        fettle::save_value(*some(/*varies=*/true), folder_);
        FAIL() << "nothing was thrown";
    } catch (const fettle::Error& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("can't be kept"));
        EXPECT_THAT(error.help(), ::testing::HasSubstr("fresh = false"));
    }
}

TEST_F(Kept, AFileCutShortIsAStorageError) {
    fettle::save_value(*some(), folder_);
    fs::resize_file(folder_ / "samples.bin", fs::file_size(folder_ / "samples.bin") - 10);
    const auto kept = std::dynamic_pointer_cast<const fettle::Images>(fettle::load_value("images/1", folder_));
    const std::vector<std::size_t> last{39};
    try {
        kept->read(last);
        FAIL() << "nothing was thrown";
    } catch (const fettle::Error& error) {
        EXPECT_EQ(error.fault(), fettle::Fault::storage);
    }
}

}  // namespace
