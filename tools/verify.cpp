// `verify`: does the same graph give the same results? It is run from nothing, beside the cache, and every result that
// the cache holds is compared with the new one by the digests of its files.
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
    enum class Kind { same, differs, nothing, lazy } kind = Kind::nothing;
    std::vector<std::string> files;  ///< that differ
    std::size_t of = 0;              ///< files in all
    bool threads = false;            ///< the type says that they may matter
};

Verdict compared(const StageUse& stage, const PlanNode& node, const Cache& before, const Cache& again) {
    Verdict out;
    out.stage = stage.name;
    out.threads = !stage.use.type->deterministic;
    const auto old_files = before.files_of(node.key), new_files = again.files_of(node.key);
    if (new_files.empty()) {
        out.kind = Verdict::Kind::lazy;
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

/// Where a run lies, if that is what the argument means; else empty.
fs::path run_meant(const std::string& argument, const fs::path& output) {
    if (fs::is_regular_file(argument)) return {};
    try {
        const auto folders = folders_meant(argument, output);
        return folders.size() == 1 ? folders.front() : fs::path();
    } catch (const fettle::Error&) {
        return {};
    }
}

}  // namespace

int verify(const po::variables_map& options, const Arguments& arguments) {
    const bool json = options.count("json") > 0;
    RunOptions settings = run_options(options);
    settings.command = command_line;
    const fs::path past = run_meant(arguments[0], settings.output);
    const std::string file = past.empty() ? arguments[0] : (past / "graph.toml").string();
    Diagnostics diagnostics;
    const Checked checked = check_file(options, file, diagnostics);
    if (report(diagnostics.all(), json) || !checked.graph) return 1;
    const Graph& graph = *checked.graph;

    const Cache cache(settings.cache.empty() ? default_cache_folder(settings.output / ".cache") : settings.cache);
    Cache::Use use(cache);
    Plan plan;
    {
        DigestStore digests(cache.folder() / "digests.json");
        Diagnostics damaged;
        plan = make_plan({&graph}, plan_world(cache, digests, damaged, resolve_device(graph, settings.device),
                                              /*use_cache=*/true));
        report(damaged.all(), json);
    }
    std::vector<std::string> keys;
    for (const PlanNode& node : plan.nodes) keys.push_back(node.key);
    const Beside beside(cache);
    keys.push_back(beside.name());
    use.claim(keys);
    if (!past.empty() && is_another_work(recorded_keys(past), graph, plan)) return 1;

    settings.cache = beside.folder() / "cache";
    settings.output = beside.folder() / "runs";
    RunResult result;
    {
        auto observer = make_observer(json);
        settings.abandon = [&](const auto& results) { end_around_a_stage(observer, results, json); };
        result = run_graph(graph, *checked.registry, settings, *observer);
    }
    report(result.diagnostics, json);
    if (result.status == Status::interrupted) return 128 + (received_signal != 0 ? received_signal.load() : SIGINT);
    if (result.status != Status::done) return 1;

    const Cache again(settings.cache);
    std::vector<Verdict> verdicts;
    for (std::size_t s = 0; s < graph.stages.size(); ++s)
        verdicts.push_back(compared(graph.stages[s], plan.nodes[plan.node_of.front()[s]], cache, again));
    const auto first = std::find_if(verdicts.begin(), verdicts.end(),
                                    [](const Verdict& each) { return each.kind == Verdict::Kind::differs; });
    const auto same = std::count_if(verdicts.begin(), verdicts.end(),
                                    [](const Verdict& each) { return each.kind == Verdict::Kind::same; });
    if (json) {
        constexpr const char* kinds[] = {"same", "differs", "not in the cache", "not stored"};
        Json out{{"same", same}, {"differs", first == verdicts.end() ? Json() : Json(first->stage)}};
        for (const Verdict& each : verdicts)
            out["stages"].push_back(
                {{"name", each.stage}, {"verdict", kinds[static_cast<int>(each.kind)]}, {"files", each.files}});
        std::cout << out.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
    } else {
        for (const Verdict& each : verdicts) std::cout << fmt::format("{:<16}  {}\n", each.stage, words_of(each));
    }
    if (first != verdicts.end()) {
        std::cerr << fmt::format("fettle: run again, `{}` gives something else{}\n", first->stage,
                                 first->threads ? "; its last bits depend on the number of threads (--threads), the "
                                                  "processor and LibTorch's version"
                                                : "");
        return 1;
    }
    if (same == 0) {
        std::cerr << "fettle: nothing of this graph is in the cache: run it first\n";
        return 1;
    }
    if (!json) std::cout << fmt::format("{} stored results, all the same\n", same);
    return 0;
}

}  // namespace command
