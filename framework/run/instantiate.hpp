// From what a graph says of a component to the object itself.
#pragma once

#include "graph/graph.hpp"
#include "plugins/plugins.hpp"

#include <memory>

namespace fettle::runtime {

/// The component with its parameters and parts, ready to run. Loads the plugins behind it; throws Failure where one
/// can't be loaded.                                                                 [any thread]
std::shared_ptr<Component> instantiate(const Use& use, Registry& registry);

}  // namespace fettle::runtime
