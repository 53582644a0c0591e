#pragma once

#include <fettle/ports.hpp>

#include <string>
#include <vector>

namespace fettle {

/// Makes the ids of a set that is put together unique: of equal ones the first stays, a second "a" becomes "a#2". A
/// number is skipped where it would make up an id that another sample came with. `join_images` does so; who selects
/// an image more than once calls it for the infos of what was selected. The numbers hang on the order: stages whose
/// results meet by id are to be given the same sets in the same order.           [any thread, concurrently on others]
void make_ids_unique(std::vector<SampleInfo>& infos);

/// For two samples of one id, of which one is looked up by the other: throws Error(Fault::data) where one is normal and
/// the other anomalous, as sound images and the same damaged are, put together in another order.
///                                                                                          [any thread, concurrently]
void require_same_label(const SampleInfo& one, const SampleInfo& other);

}  // namespace fettle
