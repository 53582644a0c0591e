#include "strata.hpp"

#include <fettle/sdk.hpp>
#include <fettle/statistics.hpp>

#include <cmath>
#include <numeric>

namespace {

using fettle::Split;

/// Every kind of sample in the same shares, damaged ones included: for networks that learn from both, and for the 95
/// to 5 of training and validation images that many recipes name.
struct Ratio final : fettle::Splitter {
    double train = 0.95;
    double calibrate = 0.0;
    double test = 0.05;
    std::string by = "category";

    static void describe(fettle::Describe<Ratio>& d) {
        d.summary("Samples divided at random in given shares, every class alike.")
            .param("train", &Ratio::train, "Share that trains.", fettle::between(0, 1))
            .param("calibrate", &Ratio::calibrate, "Share that thresholds are found on.", fettle::between(0, 1))
            .param("test", &Ratio::test, "Share that is judged by.", fettle::between(0, 1))
            .param("by", &Ratio::by, "What is divided alike: each \"category\", each \"label\", or the set as a whole.",
                   fettle::one_of({"category", "label", "none"}))
            .check(&Ratio::shares_agree);
    }

    std::string shares_agree() const {
        const double sum = train + calibrate + test;
        if (sum > 1 + 1e-9) return "`train`, `calibrate` and `test` are shares of more than 1 together";
        return sum <= 0 ? "`train`, `calibrate` and `test` are all 0" : "";
    }

    std::vector<Split> assign(const fettle::Images& images, fettle::Random random) const override {
        std::vector<std::size_t> all(images.size());
        std::iota(all.begin(), all.end(), std::size_t{0});
        std::vector<Split> splits(images.size(), Split::none);
        const auto kinds = strata(images, all, kind_from(by), random);
        // What the shares leave over is of no part; it is apportioned too, so that the parts get what they ask for.
        const std::vector<double> shares{train, calibrate, test, std::max(0.0, 1 - train - calibrate - test)};
        constexpr Split parts[] = {Split::train, Split::calibrate, Split::test, Split::none};
        for (const auto& kind : kinds) {
            const auto counts = fettle::apportioned(shares, kind.size());
            std::size_t next = 0;
            for (std::size_t part = 0; part < counts.size(); ++part)
                for (std::size_t k = 0; k < counts[part]; ++k) splits[kind[next++]] = parts[part];
        }
        require(images.size(), splits);
        return splits;
    }

   private:
    /// A part that was asked for and came out empty is said now: what reads it would fail with less to say.
    void require(std::size_t count, const std::vector<Split>& splits) const {
        const std::pair<Split, double> parts[] = {
            {Split::train, train}, {Split::calibrate, calibrate}, {Split::test, test}};
        for (const auto& [part, share] : parts)
            if (share > 0 && std::find(splits.begin(), splits.end(), part) == splits.end())
                throw fettle::Error(fettle::Fault::data, "of " + std::to_string(count) + " samples none is left for `" +
                                                             std::string(to_string(part)) + "`")
                    .parameter(std::string(to_string(part)))
                    .help(
                        "raise its share, or divide more samples; `by = \"none\"` rounds once instead of once a class");
    }
};

}  // namespace

void add_ratio(fettle::PluginBuilder& plugin) { plugin.add<Ratio>("split.ratio"); }
