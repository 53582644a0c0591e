#include "gates.hpp"

#include "output.hpp"

#include <fettle/suggest.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace report {
namespace {

constexpr const char* relations[] = {">=", ">", "<=", "<", "==", "!="};

/// What the stages of `evaluate` bring; `detection_at_0.01` and the like come beside.
std::vector<std::string> known_figures() {
    return {"auroc",
            "average_precision",
            "accuracy",
            "balanced_accuracy",
            "precision",
            "recall",
            "specificity",
            "f1",
            "mcc",
            "threshold",
            "true_positive",
            "false_positive",
            "true_negative",
            "false_negative",
            "missing_scores",
            "auroc_departure",
            "auroc_high",
            "auroc_low",
            "auroc_matched",
            "pairs",
            "auroc_over_mean_grey",
            "pixel_auroc",
            "pixel_average_precision",
            "aupro",
            "dice",
            "iou",
            "images_with_mask",
            "regions",
            "only_first_right",
            "only_second_right",
            "shared_samples"};
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_number(std::string_view text, double& value) {
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && std::isfinite(value);
}

[[noreturn]] void refuse(const std::string& gate, const std::string& why) {
    throw std::invalid_argument("the gate `" + gate + "` " + why);
}

/// The name without what a measure appends to another figure's.
std::string_view base_of(std::string_view figure) {
    for (const std::string_view ending : {"_lower", "_upper"})
        if (figure.ends_with(ending)) figure.remove_suffix(ending.size());
    for (const std::string_view ending : {"_difference", "_p"})
        if (figure.ends_with(ending)) figure.remove_suffix(ending.size());
    return figure;
}

void check_figure(const std::string& gate, const std::string& figure, const std::vector<std::string>& further) {
    std::vector<std::string> known = known_figures();
    known.insert(known.end(), further.begin(), further.end());
    const std::string_view base = base_of(figure);
    constexpr std::string_view rate = "detection_at_";
    double share = 0;
    if (base.starts_with(rate) && is_number(base.substr(rate.size()), share)) return;
    for (const std::string& each : known)
        if (each == figure || each == base) return;
    const auto meant = fettle::nearest(figure, known);
    refuse(gate, "names a figure that no measure is known to bring, `" + figure + "`" +
                     (meant ? "; did you mean `" + *meant + "`?"
                            : "; measures bring auroc, average_precision, f1, recall and more, each with `_lower` and "
                              "`_upper` for its interval") +
                     (meant ? "" : "; what other plugins' measures bring is named in `figures`"));
}

std::string list_of(const std::vector<Group>& groups) {
    std::string out;
    for (const Group& group : groups)
        if (const std::string name = "`" + group.column + "`"; out.find(name) == std::string::npos)
            out += (out.empty() ? "" : ", ") + name;
    return out.empty() ? "nothing" : out;
}

const NamedFigure* find(const Group& group, const std::string& name) {
    for (const NamedFigure& figure : group.figures)
        if (figure.name == name) return &figure;
    return nullptr;
}

/// "auroc is 0.93 (0.91 to 0.95)".
std::string told(const Group& group, const NamedFigure& figure) {
    std::string out = figure.name + " is " + digits(figure.value);
    const NamedFigure *lower = find(group, figure.name + "_lower"), *upper = find(group, figure.name + "_upper");
    if (lower != nullptr && upper != nullptr) out += " (" + digits(lower->value) + " to " + digits(upper->value) + ")";
    return out;
}

/// Whether a remark says why there is no such figure: it names it, or nothing was judged at all.
bool is_reason(std::string remark, std::string figure, const Group& group) {
    for (const char* end : {"_lower", "_upper"})  // missing for the reason that the figure is
        if (figure.ends_with(end)) figure.erase(figure.size() - std::string_view(end).size());
    std::transform(remark.begin(), remark.end(), remark.begin(), [](unsigned char c) { return std::tolower(c); });
    std::string words = figure;  // remarks write "average precision", and "AUROC"
    std::replace(words.begin(), words.end(), '_', ' ');
    const auto is_empty = [&](const char* count) {
        const NamedFigure* found = find(group, count);
        return found != nullptr && found->value == 0;
    };
    return remark.find(figure) != remark.npos || remark.find(words) != remark.npos ||
           (is_empty("true_positive") && is_empty("false_positive") && is_empty("true_negative") &&
            is_empty("false_negative"));
}

std::string missing(const Group& group, const std::string& figure) {
    std::string out = figure + " is not there";
    for (const std::string& remark : group.remarks)
        if (is_reason(remark, figure, group)) out += "; " + remark;
    return out;
}

/// The groups that a demand is about.
std::vector<const Group*> about(const Demand& demand, const std::vector<Group>& groups) {
    const auto has = [&](const Group& group) { return find(group, demand.figure) != nullptr; };
    const auto here = [&](const Group& group) {
        return demand.where.empty() || demand.where == group.name || demand.where == group.column;
    };
    const bool of_tables =
        std::none_of(groups.begin(), groups.end(), [&](const Group& g) { return g.judgement && has(g); }) &&
        std::any_of(groups.begin(), groups.end(), [&](const Group& g) { return !g.judgement && has(g); });
    std::vector<const Group*> out;
    for (const Group& group : groups) {
        if (!here(group)) continue;
        if (group.judgement ? !of_tables : has(group) && (of_tables || !demand.where.empty())) out.push_back(&group);
    }
    return out;
}

}  // namespace

bool Demand::holds(double value) const {
    if (std::isnan(value)) return false;
    if (relation == ">=") return value >= bound;
    if (relation == ">") return value > bound;
    if (relation == "<=") return value <= bound;
    if (relation == "<") return value < bound;
    return (value == bound) == (relation == "==");
}

Demand read_demand(const std::string& text, const std::vector<std::string>& further) {
    constexpr std::string_view form = "; it is `FIGURE RELATION NUMBER`, such as `auroc >= 0.95`";
    constexpr std::string_view signs = "<>=!~";
    const auto last = text.find_last_of(signs);
    if (last == std::string::npos) refuse(text, "has no relation" + std::string(form));
    const auto before = text.find_last_not_of(signs, last);
    const auto first = before == std::string::npos ? 0 : before + 1;
    Demand out;
    out.text = trimmed(text);
    out.relation = text.substr(first, last + 1 - first);
    if (std::find(std::begin(relations), std::end(relations), out.relation) == std::end(relations))
        refuse(text, "has the relation `" + out.relation + "`; there are >=, >, <=, <, == and !=");
    const std::string_view number = trimmed(std::string_view(text).substr(last + 1));
    if (!is_number(number, out.bound))
        refuse(text, "compares with `" + std::string(number) + "`, which is no number" + std::string(form));
    std::string_view name = trimmed(std::string_view(text).substr(0, first));
    if (const auto colon = name.rfind(':'); colon != std::string_view::npos) {
        out.where = trimmed(name.substr(0, colon));
        name = trimmed(name.substr(colon + 1));
        if (out.where.empty())
            refuse(text, "names nothing before its colon: a column is named there, or a row of a table");
    }
    if (name.empty()) refuse(text, "names no figure" + std::string(form));
    out.figure = name;
    check_figure(text, out.figure, further);
    return out;
}

std::vector<Finding> findings(const std::vector<Demand>& demands, const std::vector<Group>& groups) {
    std::vector<Finding> out;
    for (std::size_t d = 0; d < demands.size(); ++d) {
        const Demand& demand = demands[d];
        const auto places = about(demand, groups);
        for (const Group* group : places) {
            const NamedFigure* figure = find(*group, demand.figure);
            std::string words = figure != nullptr ? told(*group, *figure) : missing(*group, demand.figure);
            if (figure != nullptr && !group->missing.empty()) words += "; " + group->missing;
            out.push_back(
                {d,
                 group->name,
                 {demand.text, figure != nullptr && demand.holds(figure->value), "`" + group->name + "`: " + words}});
        }
        if (places.empty())
            out.push_back({d,
                           "",
                           {demand.text, false,
                            demand.where.empty() ? "nothing was judged: there is no " + demand.figure
                                                 : "there is no " + demand.figure + " of `" + demand.where +
                                                       "`; there is " + list_of(groups)}});
    }
    return out;
}

}  // namespace report
