// Shows a run that isn't one, with as many stages as asked for: what `fettle run` shows, without the work.
#include "show/show.hpp"

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

int main(int count, char** arguments) {
    using namespace fettle::runtime;
    const int stages = count > 1 ? std::atoi(arguments[1]) : 5;
    const bool json = count > 2 && std::string(arguments[2]) == "--json";
    fettle::TypeInfo type;
    type.id = "pretend.stage";
    Graph graph;
    Plan plan;
    graph.name = "pretended";
    plan.node_of.emplace_back();
    for (int s = 0; s < stages; ++s) {
        StageUse stage;
        stage.name = "bare" + std::to_string(s);
        stage.use.type = &type;
        graph.stages.push_back(stage);
        PlanNode node;
        node.stage = static_cast<std::size_t>(s);
        node.label = "stage" + std::to_string(s);  // as in a sweep: what is told of goes by another name
        node.state = s % 8 == 0 ? PlanNode::State::cached : PlanNode::State::run;
        plan.node_of[0].push_back(plan.nodes.size());
        plan.nodes.push_back(node);
    }
    const auto observer = make_observer(json);
    observer->run_started({&graph}, plan);
    for (int s = 0; s < stages; ++s) {
        if (s % 8 == 0) continue;
        const std::string& name = plan.nodes[static_cast<std::size_t>(s)].label;
        observer->stage_started(name);
        for (std::size_t done = 1; done <= 12; ++done) {
            observer->stage_progress(name, done, 12, "loss 0.1234 \033[31m\t Grüße, 検査 and much more to say of it");
            std::this_thread::sleep_for(std::chrono::milliseconds(2400 / (12 * stages) + 1));
        }
        if (s == 2) observer->warning(name, "something to know: `a\nb`");
        if (s == 3)
            observer->stage_failed(name);
        else
            observer->stage_finished(name, 0.5);
    }
}
