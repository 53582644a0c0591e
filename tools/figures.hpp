// What a run found, for programs.
#pragma once

#include "run/run.hpp"

#include <nlohmann/json.hpp>

namespace command {

/// Every judgement of a run: {"judgements": [{"column", "method", "threshold", "figures": {NAME: {"value", "low",
/// "high"}}, "confusion", "remarks"}], "tables": [{"title", "rows": [{"name", "figures", "verdict"}]}]}. What isn't
/// finite is null.
nlohmann::ordered_json figures_json(const fettle::runtime::RunResult& result);

}  // namespace command
