#include <fettle/sdk.hpp>

#include <algorithm>
#include <map>

namespace {

using fettle::Split;

/// What the publisher, or a table's `split` column, says of each sample.
struct Column final : fettle::Splitter {
    std::vector<std::string> train{"train", "training"};
    std::vector<std::string> calibrate{"calibrate", "calibration", "validation", "valid", "val"};
    std::vector<std::string> test{"test", "testing"};

    static void describe(fettle::Describe<Column>& d) {
        d.summary("Samples divided as the data set itself says: by its folders or by a table's column.")
            .param("train", &Column::train, "Words that stand for training.")
            .param("calibrate", &Column::calibrate, "Words that stand for calibration.")
            .param("test", &Column::test, "Words that stand for testing.")
            .check(&Column::words_agree);
    }

    std::string words_agree() const {
        std::map<std::string, const char*> meaning;
        for (const auto& [name, words] : lists())
            for (const std::string& word : *words)
                if (const auto [known, fresh] = meaning.try_emplace(word, name); !fresh)
                    return "\"" + word + "\" stands in `" + known->second + "` and in `" + name + "`";
        return "";
    }

    std::vector<Split> assign(const fettle::Images& images, fettle::Random) const override {
        std::map<std::string, Split> meaning;
        for (const auto& word : train) meaning[word] = Split::train;
        for (const auto& word : calibrate) meaning[word] = Split::calibrate;
        for (const auto& word : test) meaning[word] = Split::test;
        std::vector<Split> splits(images.size(), Split::none);
        std::map<std::string, std::size_t> others;
        for (std::size_t i = 0; i < images.size(); ++i) {
            const std::string& word = images.info(i).published;
            if (const auto known = meaning.find(word); known != meaning.end())
                splits[i] = known->second;
            else
                ++others[word];
        }
        if (std::all_of(splits.begin(), splits.end(), [](Split split) { return split == Split::none; }))
            throw fettle::Error(fettle::Fault::data, "the data set says of no sample what it is for" + listed(others))
                .help(
                    "folders named train and test say it, or the column `split` of `dataset.table`; other words are "
                    "given to `train`, `calibrate` and `test`");
        return splits;
    }

   private:
    std::vector<std::pair<const char*, const std::vector<std::string>*>> lists() const {
        return {{"train", &train}, {"calibrate", &calibrate}, {"test", &test}};
    }

    static std::string listed(const std::map<std::string, std::size_t>& others) {
        std::string out;
        for (const auto& [word, count] : others)
            if (!word.empty())
                out += (out.empty() ? ": it knows \"" : ", \"") + word + "\" (" + std::to_string(count) + ")";
        return out;
    }
};

}  // namespace

void add_column(fettle::PluginBuilder& plugin) { plugin.add<Column>("split.column"); }
