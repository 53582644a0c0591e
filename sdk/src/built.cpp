#include "sdk_digest.hpp"  // before abi.hpp, which has a digest for what was built without one

#include <fettle/abi.hpp>

namespace fettle {

std::string_view sdk_digest() { return FETTLE_SOURCE_DIGEST; }

}  // namespace fettle
