#include "gates.hpp"
#include "output.hpp"

#include <fettle/sdk.hpp>

#include <pugixml.hpp>

#include <sstream>
#include <stdexcept>

namespace {

using report::Demand;
using report::Finding;
using report::Group;

/// What XML 1.0 may hold (its production 2, Char): other control characters can't be written even as references.
std::string xml_text(std::string_view text) {
    std::string out;
    for (const char c : report::utf8(text))
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r')
            out += c;
        else
            out += "\xEF\xBF\xBD";                              // U+FFFD
    for (const char* never : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"})  // U+FFFE, U+FFFF
        for (auto at = out.find(never); at != std::string::npos; at = out.find(never, at))
            out.replace(at, 3, "\xEF\xBF\xBD");
    return out;
}

void set(pugi::xml_node node, const char* name, std::string_view value) {
    node.append_attribute(name).set_value(xml_text(value).c_str());
}

/// Gates on the figures, as the servers that build software read them: junit.xml.
struct Junit final : fettle::Report {
    std::vector<std::string> gates;
    std::vector<std::string> figures;

    static void describe(fettle::Describe<Junit>& d) {
        d.summary(
             "Writes `junit.xml`: every gate on every judgement as a test, for servers; `fettle run --fail-on-gate`.")
            .param("gates", &Junit::gates,
                   "Demands on figures: \"auroc >= 0.95\", \"recall_lower > 0.8\" for an interval's lower end, "
                   "\"ssim mean: f1 >= 0.9\" for one column or row of a table.",
                   fettle::required())
            .param("figures", &Junit::figures, "Names of figures that other plugins' measures bring.")
            .check(&Junit::trouble)
            .reads_graph();
    }

    /// All that is wrong with the gates, before anything runs.
    std::string trouble() const {
        if (gates.empty()) return "`gates` is empty: it lists demands such as \"auroc >= 0.95\"";
        std::string out;
        for (const std::string& gate : gates) try {
                report::read_demand(gate, figures);
            } catch (const std::invalid_argument& error) {
                out += (out.empty() ? "" : "; ") + std::string(error.what());
            }
        return out;
    }

    Written write(const Found& found, const std::filesystem::path& folder, fettle::Context& context) const override {
        std::vector<Demand> demands;
        for (const std::string& gate : gates) demands.push_back(report::read_demand(gate, figures));
        const auto groups = report::groups_of(found.measures);
        const auto all = report::findings(demands, groups);

        pugi::xml_document document;
        auto declaration = document.append_child(pugi::node_declaration);
        declaration.append_attribute("version") = "1.0";
        declaration.append_attribute("encoding") = "UTF-8";
        auto suites = document.append_child("testsuites");
        set(suites, "name", context.graph().name.empty() ? "fettle" : context.graph().name);
        std::vector<const Finding*> every;
        for (const Finding& finding : all) every.push_back(&finding);
        count(suites, every);
        for (const Group& group : groups)
            if (const auto mine = of(all, group.name); group.judgement || !mine.empty())
                add_suite(suites, group.name, mine, &group);
        if (const auto lost = of(all, ""); !lost.empty()) add_suite(suites, "gates", lost, nullptr);
        std::ostringstream text;
        document.save(text, "  ");
        report::put_file(folder / "junit.xml", text.str());

        Written out;
        for (const Finding& finding : all) out.gates.push_back(finding.gate);
        return out;
    }

   private:
    static std::vector<const Finding*> of(const std::vector<Finding>& all, const std::string& place) {
        std::vector<const Finding*> out;
        for (const Finding& finding : all)
            if (finding.place == place) out.push_back(&finding);
        return out;
    }

    /// The numbers of a suite. Gates take no time of their own.
    static void count(pugi::xml_node node, const std::vector<const Finding*>& tests) {
        std::size_t failures = 0;
        for (const Finding* finding : tests) failures += finding->gate.held ? 0 : 1;
        set(node, "tests", std::to_string(tests.size()));
        set(node, "failures", std::to_string(failures));
        for (const char* none : {"errors", "skipped", "time"}) set(node, none, "0");
    }

    static void add_suite(pugi::xml_node suites, const std::string& name, const std::vector<const Finding*>& tests,
                          const Group* group) {
        auto suite = suites.append_child("testsuite");
        set(suite, "name", name);
        count(suite, tests);
        for (const Finding* finding : tests) {
            auto test = suite.append_child("testcase");
            set(test, "classname", name);
            set(test, "name", finding->gate.condition);
            set(test, "time", "0");
            if (finding->gate.held) continue;
            auto failure = test.append_child("failure");
            set(failure, "message", finding->gate.found);
            set(failure, "type", "gate");
            failure.append_child(pugi::node_pcdata)
                .set_value(xml_text(finding->gate.condition + " failed: " + finding->gate.found).c_str());
        }
        if (group == nullptr) return;
        std::string text;
        for (const auto& figure : group->figures) text += figure.name + " = " + report::digits(figure.value) + "\n";
        for (const std::string& remark : group->remarks) text += remark + "\n";
        suite.append_child("system-out").append_child(pugi::node_pcdata).set_value(xml_text(text).c_str());
    }
};

}  // namespace

void add_junit(fettle::PluginBuilder& plugin) { plugin.add<Junit>("report.junit"); }
