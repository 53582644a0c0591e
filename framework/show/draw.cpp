#include "show/show.hpp"

#include <fmt/format.h>

namespace fettle::runtime {
namespace {

/// A stage's box: its name, what it is, and its components.
std::string caption(const StageUse& stage, const char* line_break) {
    std::string out = stage.name + line_break + stage.use.type->id;
    for (std::size_t c = 0; c < stage.use.components.size(); ++c)
        for (const Use& part : stage.use.components[c])
            out += line_break + stage.use.type->components[c].name + ": " + part.type->id;
    return out;
}

/// Calls draw(from, to, text) for each pair of stages that an edge connects; several edges between two share one arrow.
template <class Draw>
void for_each_arrow(const Graph& graph, const Draw& draw) {
    for (std::size_t to = 0; to < graph.stages.size(); ++to)
        for (std::size_t from = 0; from < to; ++from) {
            std::string text;
            for (std::size_t p = 0; p < graph.stages[to].inputs.size(); ++p)
                for (const Edge& edge : graph.stages[to].inputs[p]) {
                    if (edge.stage != from) continue;
                    const std::string out = graph.stages[from].use.type->outputs[edge.port].name;
                    const std::string in = graph.stages[to].use.type->inputs[p].name;
                    text += (text.empty() ? "" : ", ") + (out == in ? out : out + " as " + in);
                }
            if (!text.empty()) draw(from, to, text);
        }
}

}  // namespace

std::string draw_mermaid(const Graph& graph) {
    std::string out = "flowchart LR\n";
    for (std::size_t s = 0; s < graph.stages.size(); ++s)
        out += fmt::format("    s{}[\"{}\"]\n", s, caption(graph.stages[s], "<br/>"));
    for_each_arrow(graph, [&](std::size_t from, std::size_t to, const std::string& text) {
        out += fmt::format("    s{} -->|{}| s{}\n", from, text, to);
    });
    return out;
}

std::string draw_dot(const Graph& graph) {
    std::string out =
        fmt::format("digraph \"{}\" {{\n    rankdir=LR;\n    node [shape=box, fontname=\"sans-serif\"];\n", graph.name);
    for (std::size_t s = 0; s < graph.stages.size(); ++s)
        out += fmt::format("    s{} [label=\"{}\"];\n", s, caption(graph.stages[s], "\\n"));
    for_each_arrow(graph, [&](std::size_t from, std::size_t to, const std::string& text) {
        out += fmt::format("    s{} -> s{} [label=\"{}\"];\n", from, to, text);
    });
    return out + "}\n";
}

}  // namespace fettle::runtime
