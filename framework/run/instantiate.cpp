#include "run/instantiate.hpp"

namespace fettle::runtime {

std::shared_ptr<Component> instantiate(const Use& use, Registry& registry) {
    const TypeEntry& entry = registry.load(use.type->id);
    auto object = entry.create();
    for (std::size_t i = 0; i < use.parameters.size(); ++i) {
        const Given& given = use.parameters[i];
        if (!given.value.empty())
            entry.set[i](*object, given.path.empty() ? given.value : Setting(given.path.string()));
    }
    for (std::size_t c = 0; c < use.components.size(); ++c) {
        std::vector<std::shared_ptr<Component>> parts;
        for (const Use& part : use.components[c]) parts.push_back(instantiate(part, registry));
        entry.plug[c](*object, std::move(parts));
    }
    return object;
}

}  // namespace fettle::runtime
