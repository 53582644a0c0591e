#include "strata.hpp"

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
