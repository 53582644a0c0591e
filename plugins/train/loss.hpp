// A loss as a sum of similarities.
#pragma once

#include <fettle/sdk.hpp>

#include <string>
#include <vector>

namespace train {

/// A summand of a loss, under the name that its curve gets.
struct Term {
    enum class Of { images, masks, network };  ///< what is compared; a network's penalty compares nothing
    std::string name;
    fettle::Tensor value;  ///< a number
    Of of = Of::images;
};

/// What a network asks for itself, as a term; nothing where it is undefined.
void add_penalty(std::vector<Term>& terms, const fettle::Tensor& penalty);

/// Runs what a component does; a parameter that its errors name becomes the stage's: `window` is `loss.window` here.
template <class Use>
auto of_component(const std::string& name, const Use& use) {
    try {
        return use();
    } catch (fettle::Error& error) {
        if (!error.parameter().empty()) error.parameter(name + "." + error.parameter());
        throw;
    }
}

/// A trainer's list of similarities.                                           [one at a time per device]
class Sum {
   public:
    /// `component` is the list's name in the graph; the terms are named after `prefix` and its members' ids: "ssim",
    /// "l2".
    Sum(std::string component, const std::vector<fettle::Ref<fettle::Similarity>>& parts,
        const fettle::Context& context, Term::Of of, const std::string& prefix = {});

    /// Puts the mean of each similarity's map, times its weight, behind `terms`.
    void add(std::vector<Term>& terms, const fettle::Tensor& target, const fettle::Tensor& output) const;

   private:
    std::string component_;
    std::vector<fettle::Ref<fettle::Similarity>> parts_;
    Term::Of of_;
    std::vector<std::string> names_;
};

}  // namespace train
