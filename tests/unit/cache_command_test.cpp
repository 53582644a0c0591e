// `fettle cache` and `fettle verify`, as a user types them.
#include "graph/digest.hpp"
#include "sanitized.hpp"
#include "unit/support.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <sys/wait.h>

#include <cstdio>

namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Result {
    int status = 0;
    std::string out, error;
};

class CacheCommand : public ::testing::Test {
   protected:
    support::Folder folder;

    Result fettle(const std::string& arguments) const {
        const auto error = folder.path() / "error.txt", out = folder.path() / "out.txt";
        const std::string command = std::string(testing_fettle::without_leaks) + FETTLE_PROGRAM + " " + arguments +
                                    " --cache '" + (folder.path() / "cache").string() + "' --output '" +
                                    (folder.path() / "runs").string() + "' >'" + out.string() + "' 2>'" +
                                    error.string() + "'";
        const int status = std::system(command.c_str());
        return {WEXITSTATUS(status), support::text_of(out), support::text_of(error)};
    }
    static std::string graph() { return FETTLE_SOURCE_FOLDER "/graphs/smallest.toml"; }
    /// How many there are, but for what is remembered of graphs.
    static std::size_t results(const nlohmann::json& items) {
        return static_cast<std::size_t>(
            std::count_if(items.begin(), items.end(), [](const auto& item) { return !item["memory"]; }));
    }
    nlohmann::json listed(const std::string& more = "") const {
        return nlohmann::json::parse(fettle("cache --json " + more).out);
    }
};

TEST_F(CacheCommand, ShowsAndPrunes) {
    EXPECT_EQ(listed()["items"].size(), 0u);
    ASSERT_EQ(fettle("run " + graph()).status, 0);
    const auto shown = fettle("cache");
    EXPECT_EQ(shown.status, 0);
    EXPECT_THAT(shown.out, AllOf(HasSubstr("report.html"), HasSubstr("smallest: report"), HasSubstr("5 results, "),
                                 HasSubstr(" with what is remembered of 1 graph or cell, in ")));
    const auto all = listed();
    ASSERT_EQ(results(all["items"]), 5u);
    ASSERT_EQ(all["items"].size(), 6u);
    EXPECT_GT(all["bytes"], 1000);

    EXPECT_THAT(fettle("cache --older-than 1h").out, HasSubstr("removed 0, 0 B; left: 5 results"));
    EXPECT_THAT(fettle("cache --to 0 --dry-run").out, HasSubstr("would remove 5, "));
    EXPECT_EQ(results(listed("--to 1K")["removed"]), 5u);
    EXPECT_EQ(listed()["items"].size(), 0u);
    EXPECT_THAT(fettle("plan --why report " + graph()).out, HasSubstr("it never ran"));
    ASSERT_EQ(fettle("run " + graph()).status, 0);  // and is made again
    EXPECT_EQ(results(listed()["items"]), 5u);
}

TEST_F(CacheCommand, SaysWhatIsWrong) {
    for (const auto& [options, words] :
         {std::pair{"--older-than 30", "--older-than is an age, as in 30d, 12h or 90m, not 30"},
          std::pair{"--older-than -1d", "not -1d"},
          std::pair{"--to lots", "--to is a size, as in 20G or 512M, not lots"},
          std::pair{"--dry-run", "--dry-run goes with --older-than or --to"}}) {
        const auto result = fettle(std::string("cache ") + options);
        EXPECT_EQ(result.status, 1) << options;
        EXPECT_THAT(result.error, HasSubstr(words));
    }
}

TEST_F(CacheCommand, RefusesWhatItDoesntTake) {
    for (const auto& [words, refused] :
         {std::pair{"cache --sweep --why x", "`cache` takes no --sweep; it takes --output, "},
          {"verify smallest --why x", "`verify` takes no --why; it takes --set, "},
          {"plan graph.toml --html x", "`plan` takes no --html; it takes --set, "},
          {"run graph.toml --to 1G", "`run` takes no --to; it takes --set, "}}) {
        const auto result = fettle(words);
        EXPECT_EQ(result.status, 1) << words;
        EXPECT_THAT(result.error, HasSubstr(refused));
        EXPECT_EQ(result.out, "");
    }
}

TEST_F(CacheCommand, VerifyComparesEveryStoredResult) {
    const auto before = fettle("verify " + graph());
    EXPECT_EQ(before.status, 1);
    EXPECT_THAT(before.error, HasSubstr("nothing of this graph is in the cache: run it first"));
    ASSERT_EQ(fettle("run " + graph()).status, 0);
    for (const std::string& what : {graph(), std::string("smallest"), std::string("smallest/latest")}) {
        const auto same = fettle("verify " + what);
        EXPECT_EQ(same.status, 0) << what << '\n' << same.error;
        EXPECT_THAT(same.out, AllOf(HasSubstr("5 stored results, all the same"), HasSubstr("makes its samples when")));
    }
    EXPECT_TRUE(fs::is_empty(folder.path() / "cache/drafts"));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path() / "runs/smallest"), {}), 2);  // one run, and `latest`
    EXPECT_EQ(results(listed()["items"]), 5u);
}

// Of a cheap sweep most files are no results.
TEST_F(CacheCommand, NothingOfASweepIsLeftButWhatManyGraphsShare) {
    std::ofstream(folder.path() / "swept.toml") << support::text_of(graph()) << "\n[sweep]\nrepeat = 5\n";
    ASSERT_EQ(fettle("run --sweep '" + (folder.path() / "swept.toml").string() + "'").status, 0);
    EXPECT_THAT(fettle("cache").out, HasSubstr("with what is remembered of 5 graphs and cells"));
    EXPECT_THAT(fettle("cache --to 0").out, HasSubstr("left: 0 results, 0 B, in "));
    std::set<std::string> left;
    for (const auto& file : fs::recursive_directory_iterator(folder.path() / "cache"))
        if (file.is_regular_file())
            left.insert(file.path().lexically_relative(folder.path() / "cache").begin()->string());
    EXPECT_THAT(left, ::testing::IsSubsetOf({"locks", "types", "digests.json", "registry.json"}));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path() / "cache/locks"), {}), 1);  // of pruning itself
}

/// As if the scores had come out otherwise when the graph was first run: whole, but other numbers.
void change_scores(const fs::path& cache) {
    for (const auto& file : fs::recursive_directory_iterator(cache / "entries")) {
        if (file.path().filename() != "manifest.json") continue;
        auto manifest = nlohmann::json::parse(support::text_of(file.path()));
        for (const auto& [name, digest] : manifest["files"].items()) {
            if (name.rfind("scores/", 0) != 0) continue;
            const auto changed = file.path().parent_path() / name;
            std::ofstream(changed, std::ios::app) << ' ';
            manifest["files"][name] = fettle::runtime::sha256_file(changed);
        }
        std::ofstream(file.path()) << manifest.dump(1) << "\n";
    }
}

TEST_F(CacheCommand, VerifyNamesTheFirstStageThatDiffers) {
    ASSERT_EQ(fettle("run " + graph()).status, 0);
    change_scores(folder.path() / "cache");
    const auto result = fettle("verify " + graph());
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.error, HasSubstr("run again, `score` gives something else"));
    EXPECT_THAT(result.out, AllOf(HasSubstr("DIFFERS: scores/"), Not(HasSubstr("all the same"))));
    const auto json = nlohmann::json::parse(fettle("verify --json " + graph()).out);
    EXPECT_EQ(json["differs"], "score");
}

/// A bit that rotted, which no manifest tells of.
TEST_F(CacheCommand, VerifyNamesADamagedResult) {
    ASSERT_EQ(fettle("run " + graph()).status, 0);
    std::size_t damaged = 0;
    for (const auto& file : fs::recursive_directory_iterator(folder.path() / "cache/entries"))
        if (file.path().parent_path().filename() == "scores" && ++damaged == 1)
            std::fstream(file.path(), std::ios::in | std::ios::out).put('#');
    ASSERT_GE(damaged, 1u);
    const auto result = fettle("verify " + graph());
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.error, AllOf(HasSubstr("the cache's result of `score` is damaged; `fettle run` makes it again"),
                                    Not(HasSubstr("C601"))));
    EXPECT_THAT(result.out, AllOf(HasSubstr("DAMAGED in the cache: "), HasSubstr("has other content"),
                                  Not(HasSubstr("all the same"))));
    ASSERT_EQ(fettle("run " + graph()).status, 0);
    EXPECT_EQ(fettle("verify " + graph()).status, 0);
}

TEST_F(CacheCommand, VerifyTakesEveryCellOfASweep) {
    std::ofstream(folder.path() / "swept.toml") << support::text_of(graph()) << "\n[sweep]\nrepeat = 2\n";
    const std::string file = "'" + (folder.path() / "swept.toml").string() + "'";
    ASSERT_EQ(fettle("run --sweep " + file).status, 0);
    const auto same = fettle("verify --sweep " + file);
    EXPECT_EQ(same.status, 0) << same.error;
    EXPECT_THAT(same.out, HasSubstr("stored results, all the same"));
    EXPECT_GT(std::count(same.out.begin(), same.out.end(), '\n'), 6) << same.out;
    EXPECT_THAT(fettle("verify " + file).error, HasSubstr("--sweep verifies every cell"));
    const auto several = fettle("verify smallest/latest-sweep");
    EXPECT_EQ(several.status, 1);
    EXPECT_THAT(several.error, AllOf(HasSubstr("holds 2 runs, and one is verified at a time"), HasSubstr("seed=")));

    change_scores(folder.path() / "cache");
    const auto other = fettle("verify --sweep " + file);
    EXPECT_EQ(other.status, 1);
    EXPECT_THAT(other.out, HasSubstr("DIFFERS: scores/"));
}

TEST_F(CacheCommand, VerifySaysWhenARunIsNoLongerTheSameWork) {
    ASSERT_EQ(fettle("run " + graph() + " --set cut.at=0.9").status, 0);
    const auto file = fs::canonical(folder.path() / "runs/smallest/latest") / "graph.toml";
    std::string text = support::text_of(file);
    const auto place = text.find("at = 0.9", text.find("[stage.cut]"));
    ASSERT_NE(place, std::string::npos) << text;
    text.replace(place, 8, "at = 0.8");
    std::ofstream(file) << text;
    const auto result = fettle("verify smallest");
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.error, HasSubstr("`cut` isn't the same work any more"));
}

}  // namespace
