// The page that shows runs side by side: one file that loads nothing.
#pragma once

#include "show/comparison.hpp"

#include <string>
#include <string_view>

namespace comparison {

/// The whole page. Pictures come from the runs' own reports (see pictures.hpp), of the samples in which the runs differ
/// most.
std::string page(const fettle::runtime::Comparison& compared);

// The files of this folder and Chart.js, embedded at build time (see embed.cmake).
extern const std::string_view page_html;  ///< the template: {{style}}, {{charts}}, {{script}}, {{data}}
extern const std::string_view page_css;
extern const std::string_view page_js;
extern const std::string_view charts_js;

}  // namespace comparison
