// From a TOML file to a plan: document (files, extends, overrides, references) -> check (against the plugins' types)
// -> plan (what must run, by cache keys). Nothing here loads a plugin, except for a type's own check.
#pragma once

#include "diagnose/diagnose.hpp"
#include "plugins/plugins.hpp"

#include <fettle/context.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace fettle::runtime {

// ---- Document ---------------------------------------------------------------------------------------------------

/// One value of a graph file, with its place. Tables keep the order of the file.
struct Node {
    enum class Type { table, array, scalar } type = Type::table;
    Setting scalar;                                     ///< of a scalar; empty for a date or time
    std::vector<std::pair<std::string, Node>> members;  ///< of a table
    std::vector<Node> elements;                         ///< of an array
    Span span;                                          ///< of the value
    Span key;                                           ///< of its key, in a table
    std::filesystem::path base;                         ///< where a relative path in it starts
    bool unknown = false;                               ///< a reference in it was wrong, and reported
    bool bare = false;  ///< a text from the environment or the command line: it stands for a number where one is wanted

    const Node* find(std::string_view member) const;
    Node* find(std::string_view member);
};

/// Reads a graph with what it extends, applies `overrides` ("train.epochs=5") and replaces `${references}`.
/// Whatever is wrong goes to `diagnostics`; the result is as complete as can be, or empty where nothing is readable.
std::optional<Node> read_document(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                                  Diagnostics& diagnostics);
/// The same from a text; relative paths start in `base`.
std::optional<Node> read_document_text(std::string name, std::string_view text, const std::filesystem::path& base,
                                       const std::vector<std::string>& overrides, Diagnostics& diagnostics);

// ---- Check ------------------------------------------------------------------------------------------------------

/// A parameter with its value, given or default.
struct Given {
    Setting value;
    Span span;
    bool is_default = true;
    std::filesystem::path path;  ///< of a path: where it is on this machine
};

/// A type in use: as a stage, or as a component inside one.
struct Use {
    const TypeInfo* type = nullptr;
    const PluginInfo* plugin = nullptr;
    Span span;                                 ///< of `use`
    std::vector<Given> parameters;             ///< per type->parameters
    std::vector<std::vector<Use>> components;  ///< per type->components
};

struct Edge {
    std::size_t stage = 0;  ///< index in Graph::stages
    std::size_t port = 0;   ///< index in its outputs
    Span span;
};

struct StageUse {
    std::string name;
    std::string note;
    bool keep = false;
    Use use;
    std::vector<std::vector<Edge>> inputs;      ///< per type->inputs
    std::vector<std::set<std::string>> splits;  ///< per type->outputs: what their samples may be used for
    std::uint64_t seed = 0;
    Span span;  ///< of [stage.name]
};

/// A graph in which every name, type, range and edge is right. Stages are in an order in which each comes after
/// those it reads, otherwise in file order.
struct Graph {
    std::string name, summary, device = "auto";
    Span device_span;  ///< where it was given
    std::uint64_t seed = 0;
    std::filesystem::path file;
    std::vector<std::filesystem::path> plugins;  ///< what [graph] names in `plugins`
    /// Of a cell of a sweep: what makes it this one, path and value as TOML, the seed last. Empty: no sweep.
    std::vector<std::pair<std::string, std::string>> cell;
    std::vector<StageUse> stages;
};

/// The name of a graph that has none of its own: its file's, without what a name may not hold.
std::string default_name(const std::filesystem::path& file);

/// Whether a text names a device: "auto", "cpu", "cuda", "cuda:0" to "cuda:999"; and those in words.
bool is_device(std::string_view text);
inline constexpr auto device_words = "it must be \"auto\", \"cpu\", \"cuda\", or \"cuda:0\" and so on";

/// Paths that [graph] names in `plugins`, to be searched before the check.
std::vector<std::filesystem::path> plugin_places(const Node& document, Diagnostics& diagnostics);

/// Checks everything that can be known before running, all errors in one pass. Empty where there was any.
std::optional<Graph> check(const Node& document, const std::filesystem::path& file, Registry& registry,
                           Diagnostics& diagnostics);

/// The graph with every default filled in and every reference replaced, as TOML that runs again.
std::string resolved_toml(const Graph& graph);
/// The same as a stage may see it (Context::graph).
GraphText graph_text(const Graph& graph);
/// The graph without the stages that `stage` (an index) doesn't need: what makes its outputs, alone. Seeds stay.
Graph needed_for(const Graph& graph, std::size_t stage);
/// The settings of a component as TOML lines: use, then its parameters.
std::string component_toml(const Use& use);
/// "ssim(window=7)": the id without its family, and what isn't default.
std::string label_of(const Use& use);

// ---- Sweep ------------------------------------------------------------------------------------------------------

/// One variant of a graph.
struct Cell {
    std::vector<std::pair<std::string, std::string>> values;  ///< per Sweep::paths: path and value as TOML
    std::int64_t seed = 0;                                    ///< the graph's
    std::size_t group = 0;                                    ///< index in Sweep::groups
    Node document;                                            ///< to be checked like any other

    /// "train.epochs = 5, seed 8".
    std::string words() const;
};

/// What [sweep] stands for.
struct Sweep {
    bool zip = false;
    std::vector<std::string> paths;  ///< what is varied, but for the seed
    std::vector<Cell> cells;         ///< in a grid the last path turns fastest, and seeds faster still
    /// The values of cells that differ by their seeds alone.
    std::vector<std::vector<std::pair<std::string, std::string>>> groups;
};

/// Reads a graph and expands its [sweep]; an error (G404) where it has none. The values lie over files and overrides.
std::optional<Sweep> read_sweep(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                                Diagnostics& diagnostics);
/// The same from a text; relative paths start in `base`.
std::optional<Sweep> read_sweep_text(const std::string& name, std::string_view text, const std::filesystem::path& base,
                                     const std::vector<std::string>& overrides, Diagnostics& diagnostics);
/// Each cell checked; what is wrong in several is said once, and what `diagnostics` holds already isn't said again.
/// Empty where there was any error.
std::vector<Graph> check_cells(const Sweep& sweep, const std::filesystem::path& file, Registry& registry,
                               Diagnostics& diagnostics);

// ---- Plan -------------------------------------------------------------------------------------------------------

/// Work that a process began and didn't end.
struct Halfway {
    std::string words;             ///< "it stopped half-way, and carries on from its checkpoint: after step 20 of 40"
    std::optional<double> left{};  ///< seconds that the rest should take, where that is known
    double seconds = 0;            ///< that were spent on it so far; 0: unknown
};

/// One piece of work. Stages with equal keys, in one graph or in several variants of it, are one node.
struct PlanNode {
    std::size_t graph = 0, stage = 0;  ///< the first stage that asks for it
    std::string key;                   ///< SHA-256 of key_text, hexadecimal
    std::string key_text;
    struct Input {
        std::size_t node, port;
    };
    std::vector<std::vector<Input>> inputs;
    /// The outputs that go into the cache: those that aren't lazy, and all where a stage says `keep = true`.
    std::set<std::string> stored;
    enum class State { cached, run, open, idle } state = State::idle;
    std::string why;                   ///< why it isn't cached
    std::string halfway{};             ///< Halfway::words, where it carries on from what was left
    std::string label;                 ///< its stage's name; of a sweep, with a cell's number where there are several
    std::vector<std::size_t> graphs;   ///< all that need it
    std::optional<double> expected{};  ///< seconds that it will take by those of the past, where it runs and ran before
};
// State: cached  its stored outputs are there          run   it makes what is stored
//        open    lazy, and read by one that runs       idle  nobody needs it this time

struct Plan {
    std::vector<PlanNode> nodes;                    ///< each after those it reads
    std::vector<std::vector<std::size_t>> node_of;  ///< [graph][stage]
};

/// What the planner must know of the world; the run folder's cache gives it.
struct PlanWorld {
    /// Whether a stored entry is there, whole and undamaged; says otherwise why not ("never made", "removed").
    /// `ports` are the outputs it must hold.
    std::function<bool(const std::string& key, const std::set<std::string>& ports, std::string& why)> stored;
    /// The content digest of a file or folder that a stage reads.
    std::function<std::string(const std::filesystem::path&)> digest;
    /// The key text this stage of this graph had last time; empty: never ran.
    std::function<std::string(const std::string& graph, const std::string& stage)> last_key_text;
    /// The seconds it took last, or what the type took elsewhere; empty function: nothing is remembered.
    std::function<std::optional<double>(const std::string& graph, const std::string& stage, const std::string& type)>
        seconds{};
    /// Where the work behind a key would carry on; nothing, or an empty function: it begins anew.
    std::function<std::optional<Halfway>(const std::string& key)> halfway{};
    std::string device_class;  ///< "cpu", "cuda"
    bool use_cache = true;
};

Plan make_plan(const std::vector<const Graph*>& variants, const PlanWorld& world);

/// The name under which a graph is remembered from run to run (last_key_text, seconds).
std::string memory_name(const Graph& graph);

/// A stage and everything that is another than when it ran last.
struct StaleStage {
    std::string stage;
    PlanNode::State state;
    std::vector<std::string> reasons;
};
/// Why a stage (an index) is stale: itself first, then those before it whose work is another, nearest first. `node_of`
/// is the graph's part of Plan::node_of.
std::vector<StaleStage> why_stale(const Graph& graph, const std::vector<std::size_t>& node_of, const Plan& plan,
                                  std::size_t stage, const PlanWorld& world);

/// Whether values of this port type go into the cache (everything but lazy sequences).
bool is_stored_type(std::string_view port_type);

}  // namespace fettle::runtime
