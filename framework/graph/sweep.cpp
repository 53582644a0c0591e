// [sweep]: a graph in many variants, each a cell with values of its own, checked as if it stood alone.
#include "graph/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <set>

namespace fettle::runtime {
namespace {

/// More than anybody reads, and the most that is expanded.
constexpr std::size_t most_cells = 1000;

/// A path with the list of what it is to be.
struct Axis {
    std::string path;
    const Node* list;
};

/// [sweep] as it stands.
struct Declared {
    bool zip = false;
    std::size_t repeat = 1;
    std::vector<Axis> axes;

    bool sets_seed() const {
        return std::any_of(axes.begin(), axes.end(), [](const Axis& axis) { return axis.path == "graph.seed"; });
    }
    /// How many cells there are without repeats; more than a number can say is the largest number.
    std::size_t combinations() const {
        if (axes.empty()) return 1;
        if (zip) return axes.front().list->elements.size();
        std::size_t count = 1;
        for (const Axis& axis : axes)
            if (__builtin_mul_overflow(count, axis.list->elements.size(), &count)) return SIZE_MAX;
        return count;
    }
    /// Which value of an axis a combination has. In a grid the last axis turns fastest.
    std::size_t place(std::size_t combination, std::size_t axis) const {
        if (zip) return combination;
        for (std::size_t a = axes.size(); --a > axis;) combination /= axes[a].list->elements.size();
        return combination % axes[axis].list->elements.size();
    }
};

/// [sweep.over] as paths: `train.epochs` in quotes or without, or as tables within each other.
void collect_axes(const Node& table, const std::string& before, std::vector<Axis>& axes, Diagnostics& diagnostics) {
    for (const auto& [name, member] : table.members) {
        const std::string path = before.empty() ? name : before + "." + name;
        if (member.type == Node::Type::table) {
            collect_axes(member, path, axes, diagnostics);
            continue;
        }
        if (member.type == Node::Type::scalar) {
            diagnostics.add(errors::bad_sweep(
                member.span, fmt::format("`{}` is swept over {}, which is no list", path, described(member)),
                fmt::format("write [{}]", member.scalar.empty() ? "..." : member.scalar.text())));
            continue;
        }
        if (member.elements.empty()) {
            diagnostics.add(errors::bad_sweep(member.span, fmt::format("`{}` is swept over an empty list", path),
                                              "name a value, or remove the line"));
            continue;
        }
        axes.push_back({path, &member});
    }
}

/// Values are put in the order of their lines: what a later line replaces was never there.
void check_paths(const Declared& sweep, Diagnostics& diagnostics) {
    for (std::size_t a = 0; a < sweep.axes.size(); ++a) {
        const auto steps = steps_of(sweep.axes[a].path);
        if (steps.front() == "sweep")
            diagnostics.add(
                errors::bad_sweep(sweep.axes[a].list->key,
                                  fmt::format("`{}` is the sweep itself, not a value of the graph", sweep.axes[a].path),
                                  "name a stage's parameter, or one of [parameters]"));
        for (std::size_t b = a + 1; b < sweep.axes.size(); ++b) {
            const auto later = steps_of(sweep.axes[b].path);
            if (later.size() > steps.size() || !std::equal(later.begin(), later.end(), steps.begin())) continue;
            const Node& key = *sweep.axes[b].list;
            if (later.size() == steps.size())
                diagnostics.add(errors::bad_sweep(key.key, fmt::format("`{}` is swept twice", sweep.axes[b].path),
                                                  "keep one list"));
            else
                diagnostics.add(errors::bad_sweep(
                    key.key,
                    fmt::format("`{}` replaces `{}`, which is swept before it", sweep.axes[b].path, sweep.axes[a].path),
                    fmt::format("write it above `{}`", sweep.axes[a].path)));
        }
    }
}

void check_lengths(const Declared& sweep, Diagnostics& diagnostics) {
    const auto count = [](const Axis& axis) { return axis.list->elements.size(); };
    for (const Axis& axis : sweep.axes) {
        const Axis& first = sweep.axes.front();
        if (count(axis) == count(first)) continue;
        Diagnostic wrong = errors::bad_sweep(axis.list->span,
                                             fmt::format("lists that are zipped have one length: `{}` has {} "
                                                         "values, `{}` {}",
                                                         axis.path, count(axis), first.path, count(first)),
                                             fmt::format("{} values", count(first)));
        wrong.help.push_back("mode = \"grid\" combines every value with every other");
        diagnostics.add(std::move(wrong));
    }
}

/// Whether two values of a list would be the same: 1 and 1.0 are.
bool equal(const Node& a, const Node& b) {
    const auto is_number = [](const Node& node) { return node.scalar.is<std::int64_t>() || node.scalar.is<double>(); };
    return is_number(a) && is_number(b) ? a.scalar.number() == b.scalar.number() : toml_text(a) == toml_text(b);
}

/// Equal cells would count as several seeds.
void check_repeats(const Declared& sweep, Diagnostics& diagnostics) {
    const auto same = [&](const Axis& axis, std::size_t a, std::size_t b) {
        return equal(axis.list->elements[a], axis.list->elements[b]);
    };
    const auto refuse = [&](const Axis& axis, std::size_t place, const std::string& what) {
        diagnostics.add(errors::bad_sweep(axis.list->elements[place].span, what, "a value of its own, or none"));
    };
    if (sweep.zip) {
        for (std::size_t b = 0; b < sweep.combinations(); ++b)
            for (std::size_t a = 0; a < b; ++a)
                if (std::all_of(sweep.axes.begin(), sweep.axes.end(),
                                [&](const Axis& axis) { return same(axis, a, b); }))
                    return refuse(sweep.axes.front(), b,
                                  fmt::format("the {}. cell of the sweep is the {}. again", b + 1, a + 1));
        return;
    }
    for (const Axis& axis : sweep.axes)
        for (std::size_t b = 0; b < axis.list->elements.size(); ++b)
            for (std::size_t a = 0; a < b; ++a)
                if (same(axis, a, b)) {
                    refuse(axis, b,
                           fmt::format("`{}` is swept over {} twice", axis.path, toml_text(axis.list->elements[b])));
                    break;
                }
}

void read_mode(const Node& table, Declared& sweep, Diagnostics& diagnostics) {
    const Node* mode = table.find("mode");
    if (mode == nullptr || mode->unknown) return;
    if (!mode->scalar.is<std::string>())
        return diagnostics.add(errors::wrong_type(mode->span, "[sweep]", "mode", "a text", described(*mode)));
    const std::string& text = mode->scalar.as<std::string>();
    sweep.zip = text == "zip";
    if (text != "grid" && text != "zip")
        diagnostics.add(errors::out_of_range(mode->span, "[sweep]", "mode", "be \"" + text + "\"",
                                             "it must be \"grid\" (every combination) or \"zip\" (first with first)",
                                             did_you_mean(text, {"grid", "zip"})));
}

std::int64_t seed_of(const Node& document) {
    const Node* head = document.find("graph");
    const Node* seed = head == nullptr ? nullptr : head->find("seed");
    return seed != nullptr && seed->scalar.is<std::int64_t>() ? seed->scalar.as<std::int64_t>() : 0;
}

void read_repeat(const Node& table, std::int64_t seed, Declared& sweep, Diagnostics& diagnostics) {
    const Node* repeat = table.find("repeat");
    if (repeat == nullptr || repeat->unknown) return;
    if (!repeat->scalar.is<std::int64_t>())
        return diagnostics.add(errors::wrong_type(repeat->span, "[sweep]", "repeat", "an integer", described(*repeat)));
    const std::int64_t times = repeat->scalar.as<std::int64_t>();
    if (times < 1)
        return diagnostics.add(errors::out_of_range(repeat->span, "[sweep]", "repeat", "be " + std::to_string(times),
                                                    "it is the number of seeds, 1 or more", ""));
    if (std::int64_t last; __builtin_add_overflow(seed, times - 1, &last))
        return diagnostics.add(errors::bad_sweep(
            repeat->span, fmt::format("there are no {} seeds from {} on: {} is the largest", times, seed, INT64_MAX),
            "a smaller `graph.seed`"));
    sweep.repeat = static_cast<std::size_t>(times);
    if (times > 1 && sweep.sets_seed())
        diagnostics.add(errors::bad_sweep(repeat->span, "the seeds are given twice: by `repeat` and by `graph.seed`",
                                          "remove it, or the list of seeds"));
}

/// Reads [sweep] and reports what is wrong with it alone; empty where there is an error or no [sweep].
std::optional<Declared> declared(const Node& document, Diagnostics& diagnostics) {
    const Node* table = document.find("sweep");
    if (table == nullptr) return {};
    Diagnostics found;
    Declared sweep;
    if (table->type != Node::Type::table) {
        diagnostics.add(errors::wrong_type(table->span, "of a graph", "sweep", "a table", described(*table)));
        return {};
    }
    for (const auto& [name, member] : table->members)
        if (const std::vector<std::string> known{"mode", "repeat", "over"};
            std::find(known.begin(), known.end(), name) == known.end())
            found.add(errors::unknown_key(member.key, name, "[sweep]", known));
    if (const Node* over = table->find("over")) {
        if (over->type == Node::Type::table)
            collect_axes(*over, "", sweep.axes, found);
        else
            found.add(errors::wrong_type(over->span, "of [sweep]", "over", "a table", described(*over)));
    }
    read_mode(*table, sweep, found);
    read_repeat(*table, seed_of(document), sweep, found);
    if (!found.has_errors() && sweep.axes.empty() && table->find("repeat") == nullptr)
        found.add(errors::bad_sweep(table->key, "the sweep varies nothing", "add [sweep.over] or `repeat`"));
    check_paths(sweep, found);
    if (sweep.zip) check_lengths(sweep, found);
    if (!found.has_errors()) check_repeats(sweep, found);
    if (std::size_t cells = sweep.combinations();
        !found.has_errors() && (__builtin_mul_overflow(cells, sweep.repeat, &cells) || cells > most_cells))
        found.add(errors::too_many_cells(table->key, sweep.combinations(), sweep.repeat, most_cells));
    for (const Axis& axis : sweep.axes) {  // each path leads somewhere
        Node tried = document;
        if (const auto nowhere = put(tried, axis.path, axis.list->elements.front()))
            found.add(errors::sweep_nowhere(axis.list->key, axis.path, nowhere->step, nowhere->known));
    }
    for (const Diagnostic& each : found.all()) diagnostics.add(each);
    return found.has_errors() ? std::nullopt : std::optional(std::move(sweep));
}

Cell cell_of(const Node& document, const Declared& sweep, std::size_t combination, std::size_t time) {
    Cell cell;
    cell.document = document;
    std::erase_if(cell.document.members, [](const auto& member) { return member.first == "sweep"; });
    for (std::size_t a = 0; a < sweep.axes.size(); ++a) {
        Node value = sweep.axes[a].list->elements[sweep.place(combination, a)];
        value.key = sweep.axes[a].list->key;
        if (sweep.axes[a].path != "graph.seed") cell.values.emplace_back(sweep.axes[a].path, toml_text(value));
        put(cell.document, sweep.axes[a].path, std::move(value));
    }
    cell.seed = seed_of(cell.document);
    if (time == 0) return cell;
    Node seed;
    seed.type = Node::Type::scalar;
    seed.scalar = cell.seed += static_cast<std::int64_t>(time);
    seed.span = seed.key = document.find("sweep")->find("repeat")->span;
    put(cell.document, "graph.seed", std::move(seed));
    return cell;
}

/// What is wrong in several cells is said once, with the cells where it isn't in all of them.
class Gathered {
   public:
    Gathered(const Sweep& sweep, Diagnostics& diagnostics) : sweep_(sweep), diagnostics_(diagnostics) {
        for (const Diagnostic& known : diagnostics.all()) said_.insert(render(known));
    }
    void add(std::size_t cell, const Diagnostics& found) {
        for (const Diagnostic& each : found.all()) {
            const std::string text = render(each);
            if (said_.count(text) > 0) continue;
            const auto known = std::find_if(all_.begin(), all_.end(), [&](const Entry& e) { return e.text == text; });
            if (known == all_.end())
                all_.push_back({text, each, cell, 1});
            else
                ++known->cells;
        }
    }
    void report() {
        for (Entry& each : all_) {
            const std::size_t cells = sweep_.cells.size();
            if (each.cells < cells)
                each.diagnostic.help.push_back(fmt::format("in {} of {} cells: {}{}", each.cells, cells,
                                                           each.cells > 1 ? "the first is " : "",
                                                           sweep_.cells[each.first].words()));
            diagnostics_.add(std::move(each.diagnostic));
        }
    }

   private:
    struct Entry {
        std::string text;
        Diagnostic diagnostic;
        std::size_t first, cells;
    };
    const Sweep& sweep_;
    Diagnostics& diagnostics_;
    std::set<std::string> said_;
    std::vector<Entry> all_;
};

/// What `into` doesn't hold already: a graph and its sweep may be read one after the other.
void add_new(const Diagnostics& found, Diagnostics& into) {
    std::set<std::string> said;
    for (const Diagnostic& known : into.all()) said.insert(render(known));
    for (const Diagnostic& each : found.all())
        if (said.insert(render(each)).second) into.add(each);
}

std::optional<Sweep> expand(const std::optional<Node>& document, const std::string& name, Diagnostics& diagnostics) {
    if (!document) return {};
    Node finished = *document;  // [sweep] may hold references too
    Diagnostics finishing;
    finish_document(finished, name, finishing);
    const auto axes = declared(finished, finishing);
    add_new(finishing, diagnostics);
    if (!axes || finishing.has_errors()) return {};
    Sweep sweep;
    sweep.zip = axes->zip;
    for (const Axis& axis : axes->axes)
        if (axis.path != "graph.seed") sweep.paths.push_back(axis.path);
    std::vector<Diagnostics> found(axes->combinations() * axes->repeat);
    for (std::size_t c = 0; c < axes->combinations(); ++c)
        for (std::size_t time = 0; time < axes->repeat; ++time) {
            sweep.cells.push_back(cell_of(*document, *axes, c, time));
            finish_document(sweep.cells.back().document, name, found[sweep.cells.size() - 1]);
        }
    for (Cell& cell : sweep.cells) {  // cells that differ by the seed alone belong together
        const auto same = std::find(sweep.groups.begin(), sweep.groups.end(), cell.values);
        cell.group = static_cast<std::size_t>(same - sweep.groups.begin());
        if (same == sweep.groups.end()) sweep.groups.push_back(cell.values);
    }
    Gathered gathered(sweep, diagnostics);
    for (std::size_t c = 0; c < found.size(); ++c) gathered.add(c, found[c]);
    gathered.report();
    return sweep;
}

}  // namespace

std::string toml_text(const Node& node) {
    std::string out;
    if (node.type == Node::Type::scalar) return node.scalar.empty() ? "?" : node.scalar.text();
    for (const Node& element : node.elements) out += (out.empty() ? "" : ", ") + toml_text(element);
    if (node.type == Node::Type::array) return "[" + out + "]";
    for (const auto& [name, member] : node.members) out += (out.empty() ? "" : ", ") + name + " = " + toml_text(member);
    return "{ " + out + " }";
}

std::string Cell::words() const {
    std::string out;
    for (const auto& [path, value] : values) out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", path, value);
    return out + fmt::format("{}seed {}", out.empty() ? "" : ", ", seed);
}

void check_sweep(const Node& document, Diagnostics& diagnostics) { declared(document, diagnostics); }

std::optional<Sweep> read_sweep(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                                Diagnostics& diagnostics) {
    Diagnostics found;
    auto document = read_unfinished(file, overrides, found);
    if (document && document->find("sweep") == nullptr) found.add(errors::no_sweep({}, file.string()));
    add_new(found, diagnostics);
    return expand(document, default_name(file), diagnostics);
}

std::optional<Sweep> read_sweep_text(const std::string& name, std::string_view text, const std::filesystem::path& base,
                                     const std::vector<std::string>& overrides, Diagnostics& diagnostics) {
    return expand(read_unfinished_text(name, text, base, overrides, diagnostics), default_name(name), diagnostics);
}

std::vector<Graph> check_cells(const Sweep& sweep, const std::filesystem::path& file, Registry& registry,
                               Diagnostics& diagnostics) {
    std::vector<Graph> graphs;
    Gathered gathered(sweep, diagnostics);
    for (std::size_t c = 0; c < sweep.cells.size(); ++c) {
        Diagnostics found;
        auto graph = check(sweep.cells[c].document, file, registry, found);
        gathered.add(c, found);
        if (!graph) continue;
        graph->cell = sweep.cells[c].values;
        graph->cell.emplace_back("graph.seed", std::to_string(sweep.cells[c].seed));
        graphs.push_back(std::move(*graph));
    }
    gathered.report();
    const auto other = std::find_if(graphs.begin(), graphs.end(),
                                    [&](const Graph& graph) { return graph.device != graphs.front().device; });
    if (other != graphs.end()) {
        Diagnostic wrong =
            errors::bad_sweep(other->device_span,
                              fmt::format("the cells of a sweep share one device: one names \"{}\", another \"{}\"",
                                          graphs.front().device, other->device),
                              "one device for all");
        wrong.help.emplace_back("one run for each, with --device, compares them");
        diagnostics.add(std::move(wrong));
        graphs.clear();
    }
    if (graphs.size() < sweep.cells.size()) graphs.clear();
    return graphs;
}

}  // namespace fettle::runtime
