// The page that shows runs side by side: one file that loads nothing.
#pragma once

#include "show/comparison.hpp"

#include <string>
#include <string_view>

namespace comparison {

/// The whole page. Where it is to hold `pictures`, they come from the runs' own reports (see pictures.hpp), of the
/// samples in which the runs differ most.
std::string page(const fettle::runtime::Comparison& compared, bool pictures);

// The files of this folder and Chart.js, embedded at build time (see embed.cmake).
extern const std::string_view page_html;  ///< the template: {{style}}, {{charts}}, {{script}}, {{series}}, {{data}}
extern const std::string_view page_css;
extern const std::string_view page_js;
extern const std::string_view series_js;
extern const std::string_view charts_js;

}  // namespace comparison
