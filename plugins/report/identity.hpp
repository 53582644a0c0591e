// What was found, as one name: the same graph with the same figures is the same run to a tracker.
#pragma once

#include <fettle/context.hpp>
#include <fettle/roles/decide.hpp>

#include <string>
#include <string_view>

namespace report {

/// 64 lower-case hexadecimal digits.                                                  [any thread, concurrent]
std::string sha256(std::string_view bytes);

/// The digest of the graph's name and settings, every figure, every score and every loss curve. Times, the stage that
/// asks and what it was asked to write aren't in it, but by the graph's text. Trackers take as many digits as their
/// ids have.
std::string identity(const fettle::Report::Found& found, const fettle::GraphText& graph);

}  // namespace report
