// Gates: demands on the figures that reports checked, and whether a run that failed one fails itself.
#pragma once

#include "run/run.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace command {

/// A line for each gate of the run's reports, from the cache or not: "gate held: auroc >= 0.95 (`ssim mean`: ...)".
std::string gates_text(const fettle::runtime::RunResult& result);
/// The same for programs: [{"condition", "held", "found"}].
nlohmann::ordered_json gates_json(const fettle::runtime::RunResult& result);
/// Whether a gate wasn't held; says on standard error how many, and that there was none to check. A run without gates
/// holds none, so it fails too: whoever asks for gates wants them checked.
bool fails_on_gates(const fettle::runtime::RunResult& result);

}  // namespace command
