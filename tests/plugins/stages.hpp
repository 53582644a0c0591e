// Stages that do what a plugin shouldn't, at a moment that a parameter says.
#pragma once

#include <fettle/sdk.hpp>

#include <csignal>
#include <stdexcept>

namespace {

/// Gives images back as they are, or fails as `how` says when it is asked for the first one.
struct Failing final : fettle::Transform {
    std::string how = "nothing";

    static void describe(fettle::Describe<Failing>& d) {
        d.summary("Images as they are, or a failure.")
            .param("how", &Failing::how, "What happens.",
                   fettle::one_of({"nothing", "error", "exception", "number", "memory", "crash"}));
    }

    fettle::Sample apply(fettle::Sample sample, fettle::Random&) const override {
        if (how == "error")
            throw fettle::Error(fettle::Fault::data, "`" + sample.info.id + "` is not to its liking")
                .parameter("how")
                .help("say nothing");
        if (how == "exception") throw std::out_of_range("position 7 of 3");
        if (how == "number") throw 42;
        if (how == "memory") throw std::bad_alloc();
        if (how == "crash") std::raise(SIGSEGV);
        return sample;
    }
};

/// 0 for every pair.
struct Nothing final : fettle::Distance {
    static void describe(fettle::Describe<Nothing>& d) { d.summary("No distance at all."); }
    double distance(const fettle::Image&, const fettle::Image&) const override { return 0; }
};

}  // namespace
