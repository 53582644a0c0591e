// Which images say what is usual, and what has to be said of them.
#pragma once

#include <fettle/sdk.hpp>

#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

namespace texture {

/// Calls use(index, sample) for every sample at `indices`, from several threads, a batch after the other;
/// `done(count)` after each batch. Stops where the user asks to.                      [one thread]
void for_each_sample(const fettle::Images& images, const std::vector<std::size_t>& indices,
                     const fettle::Context& context,
                     const std::function<void(std::size_t place, const fettle::Sample&)>& use,
                     const std::function<void(std::size_t count)>& done);

/// Places of the samples that aren't known to be anomalous. Throws Error(Fault::data) where there are fewer than 3;
/// warns below 20.
std::vector<std::size_t> sound_places(const fettle::Images& train, const fettle::Context& context);

/// The ids of those samples.
std::unordered_set<std::string> ids_of(const fettle::Images& images, const std::vector<std::size_t>& places);

}  // namespace texture
