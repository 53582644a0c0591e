// Gates: demands on the figures that reports checked, and whether a run that failed one fails itself.
#pragma once

#include "run/run.hpp"

#include <nlohmann/json.hpp>

#include <span>
#include <string>

namespace command {

/// A line for each gate of the run's reports, from the cache or not: "gate held: auroc >= 0.95 (`ssim mean`: ...)".
std::string gates_text(const fettle::runtime::RunResult& result);
/// The same for programs: [{"condition", "held", "found"}].
nlohmann::ordered_json gates_json(const fettle::runtime::RunResult& result);
/// The same of a sweep's cells, counted from 1, as far as they failed: "cell 3: gate failed: ...".
std::string failed_gates_text(std::span<const fettle::runtime::RunResult> cells);
/// Whether a gate wasn't held, in any of the runs; says on standard error how many, and that there was none to check.
/// Runs without gates hold none, so they fail too: whoever asks for gates wants them checked.
bool fails_on_gates(std::span<const fettle::runtime::RunResult> results);

}  // namespace command
