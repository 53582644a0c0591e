#include "gates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <vector>

namespace command {
namespace {

using fettle::Gate;
using fettle::runtime::RunResult;

std::vector<Gate> gates_of(const RunResult& result) {
    std::vector<Gate> out;
    for (const auto& outputs : result.values)
        for (const fettle::ValueRef& value : outputs)
            if (const auto* files = dynamic_cast<const fettle::Files*>(value.get()))
                out.insert(out.end(), files->gates.begin(), files->gates.end());
    return out;
}

}  // namespace

std::string gates_text(const RunResult& result) {
    std::string out;
    for (const Gate& gate : gates_of(result))
        out += fmt::format("gate {}: {} ({})\n", gate.held ? "held" : "failed", gate.condition, gate.found);
    return out;
}

nlohmann::ordered_json gates_json(const RunResult& result) {
    auto out = nlohmann::ordered_json::array();
    for (const Gate& gate : gates_of(result))
        out.push_back({{"condition", gate.condition}, {"held", gate.held}, {"found", gate.found}});
    return out;
}

std::string failed_gates_text(std::span<const RunResult> cells) {
    std::string out;
    for (std::size_t c = 0; c < cells.size(); ++c)
        for (const Gate& gate : gates_of(cells[c]))
            if (!gate.held) out += fmt::format("cell {}: gate failed: {} ({})\n", c + 1, gate.condition, gate.found);
    return out;
}

bool fails_on_gates(std::span<const RunResult> results) {
    std::vector<Gate> gates;
    for (const RunResult& result : results)
        for (Gate& gate : gates_of(result)) gates.push_back(std::move(gate));
    const auto failed = std::count_if(gates.begin(), gates.end(), [](const Gate& gate) { return !gate.held; });
    if (gates.empty())
        std::cerr << "fettle: --fail-on-gate found no gate; a stage `report.junit` in the graph sets them\n";
    else if (failed > 0)
        std::cerr << fmt::format("fettle: {} of {} gates failed\n", failed, gates.size());
    return gates.empty() || failed > 0;
}

}  // namespace command
