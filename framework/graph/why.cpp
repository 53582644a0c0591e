// Why work is stale: key texts, which hold all that can change a result, compared in words.
#include "graph/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace fettle::runtime {
namespace {

/// A line of a key text as what it is about and what it says: "loss[0] set weight" and "10".
struct Line {
    std::string subject, value;
};

bool ends_with_word(const std::string& subject, const std::string& word) {
    return subject == word || subject.ends_with(" " + word);
}

std::vector<Line> lines_of(const std::string& text) {
    std::vector<Line> out;
    std::map<std::string, int> seen;  // inputs of one name are told apart by their order
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        Line found;
        if (const auto equals = line.find(" = "); equals != std::string::npos) {
            found = {line.substr(0, equals), line.substr(equals + 3)};
            if (line.starts_with("in "))
                if (const int place = seen[found.subject]++; place > 0) found.subject += fmt::format("[{}]", place);
        } else {
            std::size_t word = 0;  // after the names of components: "loss[0] use ..."
            for (auto end = line.find(' '); end != std::string::npos && line[end - 1] == ']';
                 end = line.find(' ', word))
                word = end + 1;
            const std::size_t end = std::min(line.find(' ', word), line.size());
            found = {line.substr(0, end), line.substr(std::min(end + 1, line.size()))};
        }
        out.push_back(std::move(found));
    }
    return out;
}

/// "loss[0] set weight" as a user writes it: "loss[0].weight".
std::string path_of(const std::string& subject, std::string_view verb) {
    std::string out;
    std::istringstream words(subject);
    for (std::string word; words >> word;)
        if (word != verb) out += (out.empty() ? "" : ".") + word;
    return out;
}

/// "of `loss[0]`", or nothing where it is the stage's own.
std::string owner_of(const std::string& subject) {
    const auto space = subject.rfind(' ');
    return space == std::string::npos ? "" : " (of " + path_of(subject.substr(0, space), "") + ")";
}

/// What of "sdk=1;torch=1.13" is another: "torch=2.6 (was torch=1.13)".
std::string changed_parts(const std::string& before, const std::string& now) {
    const auto parts = [](const std::string& text) {
        std::vector<std::string> out;
        std::istringstream stream(text);
        for (std::string part; std::getline(stream, part, ';');) out.push_back(part);
        return out;
    };
    const auto old_parts = parts(before), new_parts = parts(now);
    std::vector<std::string> changes;
    for (const std::string& part : new_parts) {
        if (std::find(old_parts.begin(), old_parts.end(), part) != old_parts.end()) continue;
        const std::string name = part.substr(0, part.find('=') + 1);
        const auto was = std::find_if(old_parts.begin(), old_parts.end(),
                                      [&](const std::string& each) { return each.starts_with(name); });
        changes.push_back(was == old_parts.end() ? part : part + " (was " + *was + ")");
    }
    return listed(changes);
}

std::string changed_file(const std::string& path, const std::string& before, const std::string& now) {
    const std::string old_name = before.substr(0, before.rfind(' ') + 1), name = now.substr(0, now.rfind(' ') + 1);
    if (old_name != name && !name.empty() && !old_name.empty())
        return fmt::format("{} names {}(was {})", path, name, old_name.substr(0, old_name.size() - 1));
    return fmt::format("the files of {} changed", path);
}

std::string changed_input(const Line& now, const std::string& before) {
    const std::string name = now.subject.substr(3);
    const bool same_work = before.substr(0, before.find(' ')) == now.value.substr(0, now.value.find(' '));
    return fmt::format("its input {} {}", name, same_work ? "is another output of the same stage" : "changed");
}

std::string in_words(const Line& now, const std::string& before) {
    const std::string& subject = now.subject;
    if (subject == "fettle") return "fettle itself changed: its version, or the SDK's libraries";
    if (subject == "graph") return "it tells of the whole graph, and that changed";
    if (subject == "seed") return "its seed changed: the graph's seed, or the stage's name";
    if (subject == "device") return fmt::format("it runs on {} (was {})", now.value, before);
    if (subject.starts_with("in ")) return changed_input(now, before);
    if (ends_with_word(subject, "source")) return "its plugin's source changed" + owner_of(subject);
    if (ends_with_word(subject, "abi"))
        return fmt::format("its plugin was built against other libraries{}: {}", owner_of(subject),
                           changed_parts(before, now.value));
    if (ends_with_word(subject, "use"))
        return fmt::format("{} is {} (was {})", path_of(subject, ""), now.value, before);
    if (subject.find("read ") != std::string::npos) return changed_file(path_of(subject, "read"), before, now.value);
    return fmt::format("{} = {} (was {} = {})", path_of(subject, "set"), now.value,
                       subject.substr(subject.rfind(' ') + 1), before);
}

/// Whether a line follows from another one that is told anyway.
bool is_detail(const std::string& subject) {
    return ends_with_word(subject, "source") || ends_with_word(subject, "abi");
}

std::string alone(const Line& line, const char* what) {
    const std::string& subject = line.subject;
    if (subject.starts_with("in ")) return fmt::format("its input {} {}", subject.substr(3), what);
    if (subject.find("read ") != std::string::npos) return fmt::format("{} {}", path_of(subject, "read"), what);
    return fmt::format("{} = {} {}", path_of(subject, "set"), line.value, what);
}

}  // namespace

std::vector<std::string> differences(const std::string& before, const std::string& now) {
    const auto old_lines = lines_of(before), new_lines = lines_of(now);
    const auto find = [](const std::vector<Line>& lines, const std::string& subject) {
        return std::find_if(lines.begin(), lines.end(), [&](const Line& line) { return line.subject == subject; });
    };
    std::vector<std::string> out;
    for (const Line& line : new_lines) {
        const auto was = find(old_lines, line.subject);
        if (was == old_lines.end()) {
            if (!is_detail(line.subject)) out.push_back(alone(line, "is new"));
        } else if (was->value != line.value) {
            out.push_back(in_words(line, was->value));
        }
    }
    for (const Line& line : old_lines)
        if (find(new_lines, line.subject) == new_lines.end() && !is_detail(line.subject))
            out.push_back(alone(line, "is gone"));
    return out;
}

std::vector<StaleStage> why_stale(const Graph& graph, const std::vector<std::size_t>& node_of, const Plan& plan,
                                  std::size_t stage, const PlanWorld& world) {
    std::vector<StaleStage> out;
    std::vector<std::size_t> waiting{stage};
    std::vector<bool> told(graph.stages.size());
    for (std::size_t w = 0; w < waiting.size(); ++w) {
        const std::size_t s = waiting[w];
        const PlanNode& node = plan.nodes[node_of[s]];
        const std::string before = last_key_text(graph, graph.stages[s].name, world);
        StaleStage entry{graph.stages[s].name, node.state, {}};
        if (before.empty() && node.state == PlanNode::State::cached)
            entry.reasons = {"its result is in the cache; nothing more is remembered of it"};
        else if (before.empty() && node.halfway.empty())
            entry.reasons = {w == 0 ? "it never ran" : "nothing is remembered of it"};
        else if (before.empty())
            entry.reasons = {node.halfway};
        else if (before == node.key_text)
            entry.reasons = {node.state == PlanNode::State::run ? node.why : "nothing changed"};
        else
            entry.reasons = differences(before, node.key_text);
        if (!before.empty() && before != node.key_text && !node.halfway.empty()) entry.reasons.push_back(node.halfway);
        out.push_back(std::move(entry));
        if (before.empty() || before == node.key_text) continue;
        for (std::size_t p = 0; p < graph.stages[s].inputs.size(); ++p)
            for (const Edge& edge : graph.stages[s].inputs[p]) {
                const std::string& key = plan.nodes[node_of[edge.stage]].key;
                if (told[edge.stage] || before.find("= " + key + " ") != std::string::npos) continue;
                told[edge.stage] = true;
                waiting.push_back(edge.stage);
            }
    }
    return out;
}

}  // namespace fettle::runtime
