#include "calibration.hpp"

#include "trouble.hpp"

#include <fettle/ahead.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace train {

using fettle::Error;
using fettle::Fault;

/// Over the images so far.
struct Calibration::Sums {
    double all = 0, of_masks = 0;
    std::int64_t masked = 0;
    std::set<std::string> culprits;  ///< terms that weren't finite

    void add(const std::vector<Term>& terms, const Lesson& lesson) {
        masked += masked_in(lesson);
        for (const Term& term : terms) {
            const double value = term.value.item<double>() * static_cast<double>(lesson.samples.size());
            if (!std::isfinite(value)) culprits.insert(term.name);
            all += value;
            if (term.of == Term::Of::masks) of_masks += value;
        }
    }
};

Calibration::Calibration(const Recipe& recipe, const Task& task, fettle::Ref<fettle::Images> images,
                         const fettle::Context& context)
    : recipe_(recipe),
      task_(task),
      context_(context),
      lessons_(images, images, task.segments(), recipe.channels_last, context) {
    if (task.segments()) return;  // by its masks it can be judged on damaged images
    for (std::size_t i = 0; i < images->size(); ++i)
        if (images->info(i).label == fettle::Label::anomalous)
            throw Error(Fault::data, "`" + images->info(i).id +
                                         "` in `calibrate` is anomalous, and a network that "
                                         "rebuilds it well is no better for it")
                .help("connect sound images: the `calibrate` of a split.one_class, say");
}

Lesson Calibration::read(std::size_t batch) const {
    const auto size = static_cast<std::size_t>(recipe_.batch);
    std::vector<std::size_t> indices;
    for (std::size_t i = batch * size; i < std::min((batch + 1) * size, lessons_.samples()); ++i) indices.push_back(i);
    return lessons_.read(indices, 0);
}

double Calibration::loss(torch::nn::Module& net, std::size_t ahead, const Lesson& example, std::int64_t epoch) {
    const std::size_t samples = lessons_.samples(), batch = static_cast<std::size_t>(recipe_.batch);
    const std::size_t batches = (samples + batch - 1) / batch;
    fettle::Lookahead<Lesson> next(batches, ahead, [&](std::size_t k) { return read(k); });
    Sums sums;
    net.eval();
    for (std::size_t k = 0; k < batches; ++k) {
        const Lesson lesson = next.take();
        require_size(lesson, example);
        const fettle::TensorWork work(context_);
        lesson.arrival.wait({lesson.inputs, lesson.targets, lesson.masks});
        sums.add(task_.terms(net, lesson), lesson);
    }
    net.train();
    std::string culprits;
    for (const std::string& name : sums.culprits) culprits += (culprits.empty() ? "" : " and ") + name;
    if (!culprits.empty())
        throw diverged("the loss on `in.calibrate` is not finite after epoch " + std::to_string(epoch) + ": " +
                       culprits);
    masked_ = sums.masked;
    caution();
    return (masked_ > 0 ? sums.of_masks : sums.all) / static_cast<double>(samples);
}

/// Said once, as soon as it is known: after the first epoch.
void Calibration::caution() {
    const bool watched = recipe_.patience > 0 || recipe_.schedule == "plateau";
    if (!cautioned_ && watched && task_.segments() && masked_ == 0)
        context_.warn("nothing on `in.calibrate` has a mask: `" +
                      std::string(recipe_.patience > 0 ? "patience" : "schedule") +
                      "` looks at how well sound images are rebuilt and at false alarms, and a network that marks "
                      "nothing at all looks best; connect `in.calibrate` to a stage that makes defects in images "
                      "kept apart");
    cautioned_ = true;
}

}  // namespace train
