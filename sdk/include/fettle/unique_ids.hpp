#pragma once

#include <fettle/ports.hpp>

#include <string>
#include <vector>

namespace fettle {

/// Makes the ids of a set that is put together unique: of equal ones the first stays, a second "a" becomes "a#2". A
/// number is skipped where it would make up an id that another sample came with. `join_images` does so; who selects
/// an image more than once calls it for the infos of what was selected.          [any thread, concurrently on others]
void make_ids_unique(std::vector<SampleInfo>& infos);

}  // namespace fettle
