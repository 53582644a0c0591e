// The graphs of pasting that are shown: the README's, and those that make the article's two kinds of set.
#include "process.hpp"

#include "data/support.hpp"

namespace {

using namespace testing_fettle;

class PasteShown : public Workshop {
   protected:
    /// Runs a graph and returns the folder it wrote.
    fs::path run(const std::string& file, Arguments smaller) {
        Arguments arguments{"run", file, "--threads", "2"};
        for (auto& each : smaller) arguments.insert(arguments.end(), {"--set", std::move(each)});
        const Outcome run = call(arguments);
        EXPECT_EQ(run.status, 0) << run.err;
        return folder() / run_folder(run);
    }
};

std::size_t pictures_in(const fs::path& folder) {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) count += entry.path().extension() == ".png";
    return count;
}

TEST_F(PasteShown, TheReadmesGraphRuns) {
    const std::string text = text_of(fs::path(FETTLE_SOURCE_FOLDER) / "plugins/synthesize/README.md"),
                      open = "```toml\n";
    const auto stage = text.find("\"synthesize.paste\"");
    ASSERT_NE(stage, std::string::npos);
    const auto begin = text.rfind(open, stage) + open.size(), end = text.find("```", stage);
    graph("shown.toml", text.substr(begin, end - begin));
    run("shown.toml", {"photos.count=8"});
}

TEST_F(PasteShown, TheArticlesSetsAreMade) {
    for (const auto& [name, archive] :
         {std::pair{"synthesize-casting", "casting.zip"}, std::pair{"synthesize-cracks", "cracks.zip"}}) {
        if (support::real_data(archive).empty() || support::real_data("cutouts").empty())
            GTEST_SKIP() << "there are no real images: FETTLE_DATA names no folder with " << archive << " and cutouts";
        const auto data = fs::absolute(support::real_data(archive)).parent_path();
        const fs::path written =
            run((fs::path(FETTLE_SOURCE_FOLDER) / "graphs" / (std::string(name) + ".toml")).string(),
                {"parameters.data=\"" + data.string() + "\"", "parameters.count=12"});
        ASSERT_TRUE(fs::exists(written / "images"));
        EXPECT_EQ(pictures_in(written / "images"), 12u);
        EXPECT_GE(pictures_in(written / "masks"), 10u);
    }
}

}  // namespace
