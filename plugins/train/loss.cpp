#include "loss.hpp"

#include <algorithm>
#include <sstream>

namespace train {
namespace {

/// The ids of a list of components, without family, as its TOML names them. A component's own `use` opens its text;
/// those of components inside it stand under a heading.
std::vector<std::string> ids_of(const std::string& toml) {
    std::vector<std::string> ids;
    std::istringstream lines(toml);
    const std::string key = "use = \"";
    for (std::string line, before; std::getline(lines, line); before = line) {
        if (!line.starts_with(key) || before.starts_with("[")) continue;
        std::string id = line.substr(key.size(), line.rfind('"') - key.size());
        ids.push_back(id.substr(id.find('.') + 1));
    }
    return ids;
}

}  // namespace

void add_penalty(std::vector<Term>& terms, const fettle::Tensor& penalty) {
    if (penalty.defined()) terms.push_back({"penalty", penalty.to(torch::kFloat32).mean(), Term::Of::network});
}

Sum::Sum(std::string component, const std::vector<fettle::Ref<fettle::Similarity>>& parts,
         const fettle::Context& context, Term::Of of, const std::string& prefix)
    : component_(std::move(component)), parts_(parts), of_(of), names_(ids_of(context.component_text(component_))) {
    names_.resize(parts_.size(), component_);
    for (std::string& name : names_) name = prefix + name;
    for (std::size_t i = names_.size(); i-- > 0;) {  // two of one kind: "ssim", "ssim 2"; the sum itself is "loss"
        const auto before = names_.begin() + static_cast<std::ptrdiff_t>(i);
        const auto same = std::count(names_.begin(), before, names_[i]) + (names_[i] == "loss" ? 1 : 0);
        if (same > 0) names_[i].append(1, ' ').append(std::to_string(same + 1));
    }
}

void Sum::add(std::vector<Term>& terms, const fettle::Tensor& target, const fettle::Tensor& output) const {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        const fettle::Tensor map = of_component(component_, [&] { return parts_[i]->compare(target, output); });
        terms.push_back({names_[i], parts_[i]->weight == 1 ? map.mean() : map.mean() * parts_[i]->weight, of_});
    }
}

}  // namespace train
