// A page opened in a browser without a window.
#pragma once

#include "show/comparing.hpp"

namespace comparing {

inline std::string browser() {
    for (const char* name : {"chromium", "chromium-browser", "google-chrome"})
        if (std::system((std::string("command -v ") + name + " > /dev/null").c_str()) == 0) return name;
    return {};
}

#define NEEDS_A_BROWSER() \
    if (browser().empty()) GTEST_SKIP() << "neither chromium nor google-chrome is installed: the page is not opened"

constexpr auto count_drawn = R"(
    const drawn = [...document.querySelectorAll("canvas")].filter(canvas => canvas.width > 50 &&
        canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(value => value !== 0));
    document.body.dataset.probe = drawn.length + " of " + document.querySelectorAll("canvas").length + " drawn, " +
        document.querySelectorAll(".sample").length + " samples, " + document.querySelector(".answer").textContent;
)";

class Browsing : public Runs {
   protected:
    /// What a browser makes of a page and a script of the test's; what it complains about goes to `messages`.
    std::string opened(std::string page, const std::string& script) {
        page.replace(page.rfind("</body>"), 7, "<script>" + script + "</script></body>");
        testing_fettle::write_text(folder() / "shown.html", page);
        const auto said =
            start({browser(),
                   {"--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1000,800",
                    "--user-data-dir=" + (folder() / "profile").string(), "--enable-logging=stderr",
                    "--virtual-time-budget=3000", "--dump-dom", "file://" + (folder() / "shown.html").string()},
                   folder(),
                   {},
                   {}})
                ->wait();
        messages.clear();
        std::istringstream lines(said.err);
        for (std::string line; std::getline(lines, line);)
            if (line.find("CONSOLE") != line.npos) messages += line + "\n";
        return said.out;
    }
    /// The text that a script leaves in the body's data-probe.
    std::string probed(const std::string& page, const std::string& script) {
        const std::string dom = opened(page, script), mark = "data-probe=\"";
        const auto begin = dom.find(mark);
        EXPECT_NE(begin, dom.npos) << messages;
        return begin == dom.npos
                   ? ""
                   : dom.substr(begin + mark.size(), dom.find('"', begin + mark.size()) - begin - mark.size());
    }
    /// "fits 360" where nothing of the page is wider than a phone, else "too wide". A frame has that width; a window
    /// can't be so narrow.
    std::string on_a_phone(std::string page) {
        page.replace(page.rfind("</body>"), 7, R"(<script>
            parent.postMessage(document.documentElement.scrollWidth > innerWidth ? "too wide" : "fits " + innerWidth,
                               "*");
        </script></body>)");
        testing_fettle::write_text(folder() / "inner.html", page);
        const std::string frame = "<body><iframe src=\"inner.html\" width=\"360\" height=\"800\"></iframe></body>";
        return probed(frame, R"(addEventListener("message", event => document.body.dataset.probe = event.data))");
    }
    std::string messages;
};

}  // namespace comparing
