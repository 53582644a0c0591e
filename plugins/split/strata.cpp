#include "strata.hpp"

#include <fettle/error.hpp>

#include <map>

Kind kind_from(const std::string& word) {
    return word == "category" ? Kind::category : word == "label" ? Kind::label : Kind::none;
}

std::vector<std::vector<std::size_t>> strata(const fettle::Images& images, const std::vector<std::size_t>& chosen,
                                             Kind kind, fettle::Random& random) {
    std::vector<std::vector<std::size_t>> found;
    std::map<std::string, std::size_t> place;
    for (const std::size_t index : chosen) {
        const fettle::SampleInfo& info = images.info(index);
        std::string name;
        if (kind != Kind::none) name = to_string(info.label);
        if (kind == Kind::category) name += '/' + info.category;
        const auto [known, fresh] = place.try_emplace(name, found.size());
        if (fresh) found.emplace_back();
        found[known->second].push_back(index);
    }
    for (auto& stratum : found) {
        const auto order = random.permutation(stratum.size());
        std::vector<std::size_t> shuffled;
        for (const std::size_t k : order) shuffled.push_back(stratum[k]);
        stratum = std::move(shuffled);
    }
    return found;
}

bool keeps_published(const fettle::Images& images, const std::string& test) {
    if (test == "rest") return false;
    for (std::size_t i = 0; i < images.size(); ++i)
        if (images.info(i).published == "test") return true;
    if (test == "published")
        throw fettle::Error(fettle::Fault::data,
                            "the set has no published test images: no folder of it is named `test`")
            .parameter("test")
            .help("\"rest\" tests on what neither trains nor calibrates");
    return false;
}
