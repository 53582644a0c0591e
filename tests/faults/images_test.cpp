// Data sets with faults, by way of the command line.
#include "process.hpp"

#include <fettle/image.hpp>

#include <gmock/gmock.h>

namespace {

using namespace testing_fettle;
using testing::HasSubstr;
using testing::Not;

class FaultyImages : public Workshop {
   protected:
    fs::path images() const { return folder() / "photos"; }

    /// A JPEG of its own for every number.
    static std::string jpeg(int number) {
        fettle::Image image(24, 24, 3);
        for (std::size_t i = 0; i < image.pixels.size(); ++i)
            image.pixels[i] = static_cast<std::uint8_t>(i * static_cast<std::size_t>(number + 3) / 7);
        const auto bytes = fettle::encode_image(image, ".jpg");
        return {bytes.begin(), bytes.end()};
    }
    void add_good(int count) const {
        for (int i = 0; i < count; ++i) write_text(images() / "good" / (std::to_string(1000 + i) + ".jpg"), jpeg(i));
    }
    void add_truncated(const std::string& name) const {
        const std::string whole = jpeg(1);
        write_text(images() / "good" / name, whole.substr(0, whole.size() / 2));
    }
    fs::path photos(const std::string& use, const std::string& path) const {
        return graph("photos.toml", "format = 1\n[graph]\nname = \"photos\"\n[stage.photos]\nuse = \"" + use +
                                        "\"\npath = \"" + path + R"("
split = "test"
[stage.hash]
use          = "hash.perceptual"
in.reference = "photos"
in.candidate = "photos"
)");
    }
    std::size_t rows(const Outcome& outcome) const {
        return count_of("\n", text_of(run_folder(outcome) / "scores.csv")) - 1;
    }
};

TEST_F(FaultyImages, AFewAreNamedCountedAndLeftOut) {
    add_good(200);
    add_truncated("half.jpg");
    write_text(images() / "good/words.jpg", "this is a text\n");
    const Outcome outcome = call({"run", photos("dataset.folder", "photos")});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("2 of 202 files"));
    for (const char* text : {"good/half.jpg", "good/words.jpg", "left out"}) EXPECT_THAT(outcome.err, HasSubstr(text));
    EXPECT_EQ(rows(outcome), 200);
    EXPECT_EQ(count_of("half.jpg", text_of(run_folder(outcome) / "scores.csv")), 0);
    EXPECT_EQ(stages_with("warning", run_folder(outcome)), std::vector<std::string>{"photos"});
}

TEST_F(FaultyImages, MoreThanIsToleratedAreAnError) {
    add_good(20);
    add_truncated("half.jpg");
    const fs::path file = photos("dataset.folder", "photos");
    const Outcome outcome = call({"run", file});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("error[R502]: stage `photos`: 1 of 21 files"));
    EXPECT_THAT(outcome.err, HasSubstr("good/half.jpg"));
    EXPECT_THAT(outcome.err, HasSubstr("raise `tolerate`"));
    EXPECT_EQ(text_of(run_folder(outcome) / "scores.csv"), "");
    const Outcome tolerant = call({"run", file, "--set", "photos.tolerate=0.05"});
    EXPECT_EQ(tolerant.status, 0) << tolerant.err;
    EXPECT_EQ(rows(tolerant), 20);
}

TEST_F(FaultyImages, ANameThatIsNoUtf8IsNoTrouble) {
    add_good(200);
    add_truncated("caf\xe9.jpg");  // Latin-1
    write_text(images() / "good/na\xefve.jpg", jpeg(7));
    const fs::path file = photos("dataset.folder", "photos");
    for (const Arguments& more : {Arguments{}, Arguments{"--json"}}) {
        Arguments arguments{"run", file, "--no-cache"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Outcome outcome = call(arguments);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr("1 of 202 files"));
    }
}

TEST_F(FaultyImages, AnEmptyFolderIsSaid) {
    fs::create_directories(images() / "good");
    const Outcome outcome = call({"run", photos("dataset.folder", "photos")});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("holds no file"));
    EXPECT_THAT(outcome.err, HasSubstr("photos.toml:6:"));
}

TEST_F(FaultyImages, AFolderWithoutImagesIsSaid) {
    write_text(images() / "notes.txt", "none yet");
    const Outcome outcome = call({"run", photos("dataset.folder", "photos")});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("holds no image, but 1 other file"));
}

TEST_F(FaultyImages, AMissingPathIsSaidWithItsNeighbour) {
    add_good(3);
    write_text(folder() / "casting.zip", "PK");
    const std::pair<const char*, const char*> wrong[] = {{"dataset.folder", "phtos"},
                                                         {"dataset.archive", "castings.zip"}};
    for (const auto& [use, path] : wrong) {
        for (const char* command : {"check", "run"}) {
            const Outcome outcome = call({command, photos(use, path)});
            EXPECT_EQ(outcome.status, 1);
            EXPECT_THAT(outcome.err, HasSubstr("error[G206]: there is no `" + std::string(path) + "`"));
            EXPECT_THAT(outcome.err, HasSubstr(std::string("did you mean `") +
                                               (std::string(path) == "phtos" ? "photos" : "casting.zip") + "`?"));
        }
    }
    EXPECT_FALSE(fs::exists(folder() / "runs"));
}

TEST_F(FaultyImages, WhatIsNoArchiveIsSaid) {
    write_text(folder() / "casting.zip", "this is a text\n");
    const Outcome outcome = call({"run", photos("dataset.archive", "casting.zip")});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("error[R502]: stage `photos`:"));
    EXPECT_THAT(outcome.err, HasSubstr("casting.zip"));
}

}  // namespace
