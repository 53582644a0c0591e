#include "strata.hpp"

#include <fettle/sdk.hpp>

#include <cmath>

namespace {

using fettle::Error;
using fettle::Fault;
using fettle::Label;
using fettle::Split;

/// "1000", or "0.8 of 2511 (2008)".
std::string in_words(double wanted, std::size_t pool, std::size_t count) {
    if (wanted >= 1 || wanted == 0) return std::to_string(count);
    std::string share = std::to_string(wanted);
    share.erase(share.find_last_not_of('0') + 1);
    return share + " of " + std::to_string(pool) + " (" + std::to_string(count) + ")";
}

/// Only sound images train or calibrate; what tests holds both kinds. A publisher's own test folders are kept whole.
struct OneClass final : fettle::Splitter {
    double train = 0.7;
    double calibrate = 0.15;
    std::string test = "auto";

    static void describe(fettle::Describe<OneClass>& d) {
        d.summary("Sound images train and calibrate, drawn at random; sound and anomalous ones test.")
            .param("train", &OneClass::train, "Sound images to train on: a number of them, or below 1 their share.",
                   fettle::above(0))
            .param("calibrate", &OneClass::calibrate,
                   "Sound images that thresholds are fitted on: a number, or below 1 their share; 0 for none.",
                   fettle::at_least(0))
            .param(
                "test", &OneClass::test,
                "What tests: the \"published\" test folders, the \"rest\", or \"auto\": published where there are any.",
                fettle::one_of({"auto", "published", "rest"}))
            .labels("calibrate", fettle::Labels::normal)
            .random()
            .check(&OneClass::whole_numbers);
    }

    std::string whole_numbers() const {
        for (const auto& [name, value] : {std::pair{"train", train}, std::pair{"calibrate", calibrate}})
            if (value > 1 && value != std::floor(value))
                return std::string("`") + name + "` is neither a share below 1 nor a whole number of images";
        if (train < 1 && calibrate < 1 && train + calibrate > 1 + 1e-9)
            return "`train` and `calibrate` are shares of more than 1 together";
        return "";
    }

    std::vector<Split> assign(const fettle::Images& images, fettle::Random random) const override {
        const bool published = keeps_published(images, test);
        std::vector<Split> splits(images.size(), published ? Split::none : Split::test);
        std::vector<std::size_t> sound;  // those that may train or calibrate
        for (std::size_t i = 0; i < images.size(); ++i) {
            const auto& info = images.info(i);
            if (published && info.published == "test")
                splits[i] = Split::test;
            else if (info.label == Label::normal)
                sound.push_back(i);
        }
        const std::size_t to_train = count_of(train, sound.size()), to_calibrate = count_of(calibrate, sound.size());
        require(to_train, to_calibrate, sound.size(), published);
        const auto order = random.permutation(sound.size());
        for (std::size_t k = 0; k < to_train + to_calibrate; ++k)
            splits[sound[order[k]]] = k < to_train ? Split::train : Split::calibrate;
        return splits;
    }

   private:
    /// The share's rounding never takes more than there are: 0.29 of 100 is 29 whatever its last bit.
    static std::size_t count_of(double wanted, std::size_t pool) {
        return static_cast<std::size_t>(wanted < 1 ? std::floor(wanted * static_cast<double>(pool) + 1e-9) : wanted);
    }

    void require(std::size_t to_train, std::size_t to_calibrate, std::size_t sound, bool published) const {
        const std::string there = std::to_string(sound) + " sound image" + (sound == 1 ? "" : "s") +
                                  (published ? " outside the published test folders" : "");
        if (sound == 0)
            throw Error(Fault::data,
                        "there is no sound image" + std::string(published ? " outside the published test folders" : ""))
                .help("a data set's `normal` says which class folders are sound");
        if (to_train + to_calibrate > sound)
            throw Error(Fault::data, "there are " + there + ", but `train` asks for " +
                                         in_words(train, sound, to_train) + " and `calibrate` for " +
                                         in_words(calibrate, sound, to_calibrate))
                .parameter("train")
                .help("together they may ask for " + std::to_string(sound) + " at most");
        const bool none_to_calibrate = calibrate > 0 && to_calibrate == 0;
        if (to_train == 0 || none_to_calibrate)
            throw Error(Fault::data, std::string("there are ") + there + ": the share that `" +
                                         (to_train == 0 ? "train" : "calibrate") + "` asks for is less than one image")
                .parameter(to_train == 0 ? "train" : "calibrate");
    }
};

}  // namespace

void add_one_class(fettle::PluginBuilder& plugin) { plugin.add<OneClass>("split.one_class"); }
