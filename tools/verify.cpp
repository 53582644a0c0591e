// `verify`: does the same graph (or sweep) give the same results? It is run from nothing, beside the cache, and every
// result that the cache holds is compared with the new one by the digests of its files.
#include "command.hpp"
#include "show/past.hpp"
#include "show/show.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iostream>
#include <random>

namespace command {
namespace {

using Json = nlohmann::ordered_json;

/// A folder that goes with the object; in the cache's drafts, where the next process clears up after one that was
/// killed: its name is locked, and to be claimed, for as long as this lives.
class Beside {
   public:
    explicit Beside(const Cache& cache)
        : name_(fmt::format("verify-{}-{:08x}", getpid(), std::random_device()())),
          lock_file_(cache.folder() / "locks" / name_),
          lock_(cache, name_),
          folder_(cache.folder() / "drafts" / name_) {
        fs::create_directories(folder_);
    }
    ~Beside() {
        std::error_code error;
        fs::remove_all(folder_, error);
        fs::remove(lock_file_, error);
    }
    Beside(const Beside&) = delete;
    Beside& operator=(const Beside&) = delete;
    const std::string& name() const { return name_; }
    const fs::path& folder() const { return folder_; }

   private:
    std::string name_;
    fs::path lock_file_;
    Cache::Lock lock_;
    fs::path folder_;
};

struct Verdict {
    std::string stage;
    enum class Kind { same, differs, damaged, nothing, lazy } kind = Kind::nothing;
    std::vector<std::string> files;  ///< that differ
    std::size_t of = 0;              ///< files in all
    std::string damage;              ///< what is wrong with what the cache holds
    bool threads = false;            ///< the type says that they may matter

    bool good() const { return kind != Kind::differs && kind != Kind::damaged; }
};

/// What is wrong with the cache's result of a stage; empty: nothing, or there is none.
std::string damage_of(const Cache& cache, const std::string& key) {
    std::string why;
    Diagnostics told_by_the_verdict;
    return fs::exists(cache.entry(key)) && !cache.holds(key, {}, why, told_by_the_verdict) ? why : "";
}

Verdict compared(const StageUse& stage, const PlanNode& node, const Cache& before, const Cache& again) {
    Verdict out;
    out.stage = node.label;
    out.threads = !stage.use.type->deterministic;
    out.damage = damage_of(before, node.key);
    const auto old_files = before.files_of(node.key), new_files = again.files_of(node.key);
    if (!out.damage.empty() || new_files.empty()) {
        out.kind = new_files.empty() ? Verdict::Kind::lazy : Verdict::Kind::damaged;
        return out;
    }
    if (old_files.empty()) return out;
    std::set<std::string> names;
    for (const auto* files : {&old_files, &new_files})
        for (const auto& [name, digest] : *files) names.insert(name);
    for (const std::string& name : names) {
        const auto a = old_files.find(name), b = new_files.find(name);
        if (a == old_files.end() || b == new_files.end() || a->second != b->second) out.files.push_back(name);
    }
    out.of = names.size();
    out.kind = out.files.empty() ? Verdict::Kind::same : Verdict::Kind::differs;
    return out;
}

std::string words_of(const Verdict& verdict) {
    switch (verdict.kind) {
        case Verdict::Kind::same:
            return fmt::format("the same ({} file{})", verdict.of, verdict.of == 1 ? "" : "s");
        case Verdict::Kind::lazy:
            return "makes its samples when they are asked for: nothing of it is stored";
        case Verdict::Kind::nothing:
            return "the cache holds no result of it: nothing to compare with";
        case Verdict::Kind::damaged:
            return "DAMAGED in the cache: " + verdict.damage;
        case Verdict::Kind::differs:
            break;
    }
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(3, verdict.files.size()); ++i)
        names += (i == 0 ? "" : ", ") + verdict.files[i];
    if (verdict.files.size() > 3) names += fmt::format(" and {} more", verdict.files.size() - 3);
    return fmt::format("DIFFERS: {}", names);
}

/// What a run's record says of a stage's key; empty where it isn't told.
std::map<std::string, std::string> recorded_keys(const fs::path& run) {
    std::ifstream file(run / "run.json");
    const auto record = nlohmann::json::parse(file, nullptr, false);
    std::map<std::string, std::string> out;
    if (!record.is_object() || !record.contains("stages") || !record["stages"].is_array()) return out;
    for (const auto& stage : record["stages"])
        if (stage.is_object()) out.emplace(stage.value("name", ""), stage.value("key", ""));
    return out;
}

/// Why a run can't be made again: its stages have other keys now. Prints it.
bool is_another_work(const std::map<std::string, std::string>& recorded, const Graph& graph, const Plan& plan) {
    for (std::size_t s = 0; s < graph.stages.size(); ++s) {
        const auto found = recorded.find(graph.stages[s].name);
        const PlanNode& node = plan.nodes[plan.node_of.front()[s]];
        if (found == recorded.end() || found->second == node.key) continue;
        std::cerr << fmt::format(
            "fettle: `{}` isn't the same work any more: {}\n", graph.stages[s].name,
            node.why.empty() ? "its settings, its inputs, its plugin or fettle itself changed since" : node.why);
        return true;
    }
    return false;
}

/// The runs that the argument means; none where it is a graph's file, or nothing that is there.
std::vector<fs::path> runs_meant(const std::string& argument, const fs::path& output) {
    if (fs::is_regular_file(argument)) return {};
    try {
        return folders_meant(argument, output);
    } catch (const fettle::Error&) {
        return {};
    }
}

/// What is run again: one graph, or the cells of a sweep.
struct Work {
    Checked alone;
    CheckedSweep cells;
    std::vector<const Graph*> graphs;  ///< empty where anything was wrong
};

Work work_of(const po::variables_map& options, const std::string& file, Diagnostics& diagnostics) {
    Work work;
    if (options.count("sweep") > 0) {
        work.cells = check_sweep_file(options, file, diagnostics);
        for (const Graph& cell : work.cells.cells) work.graphs.push_back(&cell);
    } else {
        work.alone = check_file(options, file, diagnostics);
        if (work.alone.graph) work.graphs.push_back(&*work.alone.graph);
    }
    return work;
}

/// Runs everything, and reports; whether it came to its end.
Status run_again(const Work& work, RunOptions settings, bool json) {
    auto observer = make_observer(json);
    settings.abandon = [&](const auto& results) { end_around_a_stage(observer, results, json); };
    Status status;
    std::vector<Diagnostic> diagnostics;
    if (work.cells.sweep) {
        const SweepResult result =
            run_sweep(*work.cells.sweep, work.cells.cells, *work.cells.registry, settings, *observer);
        status = result.status, diagnostics = result.diagnostics;
    } else {
        const RunResult result = run_graph(*work.alone.graph, *work.alone.registry, settings, *observer);
        status = result.status, diagnostics = result.diagnostics;
    }
    observer.reset();
    report(diagnostics, json);
    return status;
}

/// Of every stage, of a sweep's equal ones once, in the order of the file.
std::vector<Verdict> verdicts_of(const Work& work, const Plan& plan, const Cache& before, const Cache& again) {
    std::vector<Verdict> out;
    std::set<std::size_t> seen;
    for (std::size_t g = 0; g < work.graphs.size(); ++g)
        for (std::size_t s = 0; s < work.graphs[g]->stages.size(); ++s)
            if (const std::size_t node = plan.node_of[g][s]; seen.insert(node).second)
                out.push_back(compared(work.graphs[g]->stages[s], plan.nodes[node], before, again));
    return out;
}

void print(const std::vector<Verdict>& verdicts, std::size_t same, const Verdict* first, bool json) {
    if (!json) {
        for (const Verdict& each : verdicts) std::cout << fmt::format("{:<16}  {}\n", each.stage, words_of(each));
        return;
    }
    constexpr const char* kinds[] = {"same", "differs", "damaged", "not in the cache", "not stored"};
    Json out{{"same", same}, {"differs", first == nullptr ? Json() : Json(first->stage)}};
    for (const Verdict& each : verdicts)
        out["stages"].push_back(
            {{"name", each.stage}, {"verdict", kinds[static_cast<int>(each.kind)]}, {"files", each.files}});
    std::cout << out.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
}

/// Why the cache's result of a stage isn't what was made again.
std::string trouble_with(const Verdict& verdict) {
    if (verdict.kind == Verdict::Kind::damaged)
        return fmt::format("the cache's result of `{}` is damaged; `fettle run` makes it again", verdict.stage);
    return fmt::format("run again, `{}` gives something else{}", verdict.stage,
                       verdict.threads ? "; its last bits depend on the number of threads (--threads), the processor "
                                         "and LibTorch's version"
                                       : "");
}

}  // namespace

int verify(const po::variables_map& options, const Arguments& arguments) {
    const bool json = options.count("json") > 0;
    RunOptions settings = run_options(options);
    settings.command = command_line;
    const auto runs = runs_meant(arguments[0], settings.output);
    if (runs.size() > 1) {
        std::cerr << fmt::format(
            "fettle: `{}` holds {} runs, and one is verified at a time: {}, say; `fettle verify "
            "GRAPH --sweep` takes every cell of a sweep\n",
            arguments[0], runs.size(), runs.front().string());
        return 1;
    }
    const fs::path past = runs.empty() ? fs::path() : runs.front();
    const std::string file = past.empty() ? arguments[0] : (past / "graph.toml").string();
    Diagnostics diagnostics;
    const Work work = work_of(options, file, diagnostics);
    if (report(diagnostics.all(), json) || work.graphs.empty()) return 1;
    if (!json && !work.cells.sweep && has_sweep(options, file))
        std::cerr << "the graph has a [sweep]; it is verified as it stands: --sweep verifies every cell\n";

    const Cache cache(settings.cache.empty() ? default_cache_folder(settings.output / ".cache") : settings.cache);
    Cache::Use use(cache);
    Plan plan;
    {
        DigestStore digests(cache.folder() / "digests.json");
        Diagnostics told_by_the_verdict;
        plan = make_plan(work.graphs,
                         plan_world(cache, digests, told_by_the_verdict,
                                    resolve_device(*work.graphs.front(), settings.device), /*use_cache=*/true));
    }
    if (!past.empty() && is_another_work(recorded_keys(past), *work.graphs.front(), plan)) return 1;
    std::vector<std::string> keys;
    for (const PlanNode& node : plan.nodes) keys.push_back(node.key);
    if (std::none_of(keys.begin(), keys.end(), [&](const std::string& key) { return fs::exists(cache.entry(key)); })) {
        std::cerr << "fettle: nothing of this graph is in the cache: run it first\n";
        return 1;
    }
    const Beside beside(cache);
    keys.push_back(beside.name());
    use.claim(keys);

    settings.cache = beside.folder() / "cache";
    settings.output = beside.folder() / "runs";
    const Status status = run_again(work, settings, json);
    if (status == Status::interrupted) return 128 + (received_signal != 0 ? received_signal.load() : SIGINT);
    if (status != Status::done) return 1;

    const auto verdicts = verdicts_of(work, plan, cache, Cache(settings.cache));
    const auto bad = std::find_if(verdicts.begin(), verdicts.end(), [](const Verdict& each) { return !each.good(); });
    const auto same = static_cast<std::size_t>(std::count_if(
        verdicts.begin(), verdicts.end(), [](const Verdict& each) { return each.kind == Verdict::Kind::same; }));
    print(verdicts, same, bad == verdicts.end() ? nullptr : &*bad, json);
    if (bad != verdicts.end()) {
        std::cerr << "fettle: " << trouble_with(*bad) << "\n";
        return 1;
    }
    if (!json) std::cout << fmt::format("{} stored results, all the same\n", same);
    return 0;
}

}  // namespace command
