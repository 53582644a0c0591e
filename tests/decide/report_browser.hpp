// What tests of the page in a browser without a window share.
#pragma once

#include "report_page.hpp"

namespace pages {

inline std::string browser() {
    for (const char* name : {"chromium", "chromium-browser", "google-chrome"})
        if (std::system((std::string("command -v ") + name + " > /dev/null").c_str()) == 0) return name;
    return {};
}

inline std::string output_of(const std::string& command) {
    FILE* pipe = popen(command.c_str(), "r");
    std::string out;
    char buffer[65536];
    while (const std::size_t count = fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, count);
    EXPECT_EQ(pclose(pipe), 0) << command;
    return out;
}

class ReportInABrowser : public Report {
   protected:
    struct Opened {
        std::string dom, messages;
    };
    /// The page as the browser made it, with a note by a script of the test's: how many canvases hold a drawing.
    Opened open(const std::string& page) {
        return show(page, R"(<script>
            const painted = [...document.querySelectorAll(".canvas canvas")].filter(canvas => canvas.width > 50 && canvas.getContext("2d")
                .getImageData(0, 0, canvas.width, canvas.height).data.some(value => value !== 0));
            document.body.dataset.probe = painted.length + " of " + document.querySelectorAll(".canvas canvas").length + " drawn, " +
                [...document.images].filter(image => !image.src.startsWith("data:")).length + " pictures from outside, title " +
                document.title;
        </script></body>)");
    }
    /// Whether the page fits the width of a phone. A window can't be as narrow; a frame can.
    std::string on_a_phone(const std::string& page) {
        const std::string inner = with(page, R"(<script>
            parent.postMessage(document.documentElement.scrollWidth > innerWidth ? "too wide" : "fits " + innerWidth, "*");
        </script></body>)");
        std::ofstream(folder_ / "inner.html", std::ios::binary) << inner;
        const std::string dom = show("<body></body>", R"(<script>
            addEventListener("message", event => document.body.append(event.data));
        </script><iframe src="inner.html" width="360" height="800"></iframe></body>)")
                                    .dom;
        const auto found = dom.rfind("</iframe>") + 9;
        return dom.substr(found, dom.find("</body>", found) - found);
    }

    static std::string with(std::string page, const std::string& script) {
        return page.replace(page.rfind("</body>"), 7, script);
    }
    Opened show(const std::string& page, const std::string& script) {
        std::ofstream(folder_ / "shown.html", std::ios::binary) << with(page, script);
        const std::string messages = (folder_ / "messages.txt").string();
        Opened out;
        out.dom = output_of(browser() +
                            " --headless=new --no-sandbox --disable-gpu --window-size=1000,800 --user-data-dir='" +
                            (folder_ / "profile").string() +
                            "' --enable-logging=stderr --virtual-time-budget=3000 --dump-dom 'file://" +
                            (folder_ / "shown.html").string() + "' 2> '" + messages + "'");
        std::istringstream lines(read(messages));
        for (std::string line; std::getline(lines, line);)
            if (line.find("CONSOLE") != std::string::npos) out.messages += line + "\n";
        return out;
    }
};

#define NEEDS_A_BROWSER() \
    if (browser().empty()) GTEST_SKIP() << "neither chromium nor google-chrome is installed: the page is not opened"

}  // namespace pages
