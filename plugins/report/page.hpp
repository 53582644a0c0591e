// The files of page/, embedded at build time (see page.cmake).
#pragma once

#include <string_view>

namespace report {

extern const std::string_view page_html;  ///< the template: {{record}}, {{style}}, {{charts}}, {{script}}, {{data}},
                                          ///< {{pictures}}
extern const std::string_view page_css;
extern const std::string_view page_js;    ///< every script of page/, one after another
extern const std::string_view charts_js;  ///< Chart.js

}  // namespace report
