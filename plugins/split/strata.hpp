// Dividing samples so that every kind of them is divided alike.
#pragma once

#include <fettle/ports.hpp>
#include <fettle/random.hpp>

#include <cstddef>
#include <string>
#include <vector>

/// What makes two samples of one kind: their "category" (and label), their "label", or nothing ("none").
enum class Kind { category, label, none };
Kind kind_from(const std::string& word);

/// The indices among `chosen` of each kind, every kind shuffled. Kinds stand in the order in which they first appear,
/// so the same set is always divided alike.
std::vector<std::vector<std::size_t>> strata(const fettle::Images& images, const std::vector<std::size_t>& chosen,
                                             Kind kind, fettle::Random& random);

/// Whether the publisher's own test images are the ones to test by. `test` is the parameter of that name: "auto",
/// "published" or "rest". Throws Error(Fault::data) where "published" finds none.
bool keeps_published(const fettle::Images& images, const std::string& test);
