// report.images: which cases are shown, and where in the picture.
#include "report_files.hpp"

namespace {

using namespace written;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using ReportImages = Written;

std::vector<std::string> names(const fs::path& folder) {
    std::vector<std::string> out;
    if (fs::exists(folder / "images"))
        for (const auto& [name, bytes] : files_of(folder / "images")) out.push_back(name);
    return out;
}

fettle::Image picture(const fs::path& folder, const std::string& name) {
    return fettle::decode_image(fettle::read_bytes(folder / "images" / name), name).image;
}

TEST_F(ReportImages, HasAPictureForEachOutcomeOfEachThreshold) {
    const auto out = write("report.images", material::make(), {{"examples", 3}, {"picture", 96}});
    EXPECT_THAT(names(out.folder), ::testing::IsSupersetOf({"l1 mean false alarms.png", "l1 mean found.png",
                                                            "l1 mean let pass.png", "l1 mean missed.png"}));
    for (const std::string& name : names(out.folder)) {
        const auto image = picture(out.folder, name);
        EXPECT_LE(image.height, 18 + 3 * (96 + 18 + 6) + 6) << name;
        EXPECT_GE(image.width, (name.starts_with("training") ? 3 : 4) * 96) << name;
    }
}

/// A white image rebuilt as grey, with a map that is high on its left half, and a mask.
material::Run flat(int count) {
    std::vector<fettle::SampleInfo> infos;
    std::vector<double> values;
    std::vector<fettle::Plane> planes;
    for (int i = 0; i < count; ++i) {
        infos.push_back(fakes::info("sample " + std::to_string(i), Split::test, Label::anomalous));
        values.push_back(i);
        fettle::Plane plane{64, 64, std::vector<float>(64 * 64)};
        for (int y = 0; y < 64; ++y)
            for (int x = 0; x < 32; ++x) plane.values[static_cast<std::size_t>(y * 64 + x)] = 2;
        planes.push_back(std::move(plane));
    }
    const auto filled = [&](std::uint8_t value) {
        return fettle::lazy_images(infos, [value](std::size_t, std::uint32_t) {
            fettle::Sample sample;
            sample.image = fettle::Image(64, 64, 3, value);
            sample.mask = fettle::Image(64, 64, 1, 255);
            return sample;
        });
    };
    fettle::Judgement judged;
    judged.cut = {"ssim mean", -1, "manual", 0};
    auto measures = std::make_shared<fettle::Measures>();
    measures->scores = *fakes::table("ssim mean", infos, values);
    measures->judgements = {judged};
    material::Run run;
    run.measures = measures;
    run.examples = {std::make_shared<fakes::FixedMaps>("ssim", infos, planes, filled(255), filled(128))};
    return run;
}

TEST_F(ReportImages, PicturesStandWhereTheirHeadingsSay) {
    const auto out = write("report.images", flat(5), {{"examples", 2}, {"picture", 64}});
    ASSERT_THAT(names(out.folder), ElementsAre("ssim mean found.png"));
    const auto sheet = picture(out.folder, "ssim mean found.png");
    constexpr int gap = 6, line = 18, cell = 64 + gap;
    ASSERT_EQ(sheet.width, gap + 5 * cell);
    ASSERT_EQ(sheet.height, line + 2 * (64 + line + gap) + gap);  // two rows, though there are five
    const auto at = [&](int column, int row, int x, int y) {
        return sheet.at(gap + column * cell + x, line + row * (64 + line + gap) + line + y);
    };
    for (const int row : {0, 1}) {
        EXPECT_EQ(at(0, row, 32, 32)[0], 255);
        EXPECT_EQ(at(1, row, 32, 32)[0], 128);
        // The map in the page's colours, from end to end (matplotlib's inferno): the brightest on its left, black on
        // its right.
        EXPECT_THAT(std::vector<int>(at(2, row, 10, 32), at(2, row, 10, 32) + 3), ElementsAre(252, 255, 164));
        EXPECT_THAT(std::vector<int>(at(2, row, 54, 32), at(2, row, 54, 32) + 3), ElementsAre(0, 0, 4));
        EXPECT_LT(at(3, row, 10, 32)[2], 200);  // over the white image: yellow on its left
        EXPECT_EQ(at(3, row, 54, 32)[2], 255);
        EXPECT_EQ(at(4, row, 32, 32)[0], 255);  // the mask
    }
}

TEST_F(ReportImages, ScoresHaveFourDigits) {
    const auto drawn = [&](double score) {
        material::Run run = flat(1);
        auto measures = std::make_shared<fettle::Measures>(*run.measures);
        measures->scores.columns[0].values[0] = score;
        run.measures = measures;
        return picture(write("report.images", run).folder, "ssim mean found.png").pixels;
    };
    const auto sheet = drawn(0.123412345);
    EXPECT_TRUE(sheet == drawn(0.1234));
    EXPECT_FALSE(sheet == drawn(0.1235));
}

TEST_F(ReportImages, ShowsWhatTrainingSaw) {
    auto network = std::make_shared<fettle::Network>();
    network->examples = {{fakes::info("\xC3\xA9t\xC3\xA9\n", Split::train, Label::normal), fettle::Image(8, 4, 3, 10),
                          fettle::Image(8, 4, 3, 20), fettle::Image(8, 4, 3, 30)}};
    material::Run run;
    run.measures = std::make_shared<fettle::Measures>();
    run.networks = {network};
    const auto out = write("report.images", run, {{"picture", 64}});
    ASSERT_THAT(names(out.folder), ElementsAre("training examples.png"));
    const auto sheet = picture(out.folder, "training examples.png");
    for (int column = 0; column < 3; ++column)
        EXPECT_EQ(sheet.at(6 + column * 70 + 32, 18 + 18 + 32)[0], 10 * (column + 1));
}

TEST_F(ReportImages, SaysThatThereIsNothingToShow) {
    material::Run run = awkward();
    run.networks.clear();
    const auto bare = write("report.images", run);
    EXPECT_THAT(names(bare.folder), IsEmpty());
    EXPECT_THAT(bare.warnings, ElementsAre(HasSubstr("connect maps to `in.examples`")));
}

TEST_F(ReportImages, ReportsOfImagesTakeNamesOfAnyKind) {
    material::Run run = flat(1);
    auto measures = std::make_shared<fettle::Measures>(*run.measures);
    measures->scores.columns[0].name = measures->judgements[0].cut.column = bad_name();
    run.measures = measures;
    const auto found = names(write("report.images", run).folder);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].find_first_of("/\"|<>\n*"), std::string::npos) << found[0];
    EXPECT_THAT(found[0], HasSubstr("gr\xC3\xB6\xC3\x9F"
                                    "e"));
}

}  // namespace
