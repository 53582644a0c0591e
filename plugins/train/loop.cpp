#include "loop.hpp"

#include "memory.hpp"
#include "precision.hpp"
#include "result.hpp"
#include "room.hpp"

#include <fettle/ahead.hpp>
#include <fettle/thrown.hpp>

#include <algorithm>
#include <cstdio>
#include <sstream>

namespace train {

using fettle::Error;
using fettle::Fault;
using fettle::Lookahead;
using fettle::TensorWork;

namespace {

/// The first step of Adam divides by 0.1, 1 less its first decay, and LibTorch keeps the quotient in single precision.
void require_finite_steps(const Recipe& recipe) {
    constexpr double most = 3e37;
    if (recipe.learning_rate > most) {
        char text[100];
        std::snprintf(text, sizeof text, "`learning_rate` is %g, and steps are computed with up to %g",
                      recipe.learning_rate, most);
        throw Error(Fault::numeric, text).parameter("learning_rate").help("rates near 0.001 are usual");
    }
}

Lesson first_image(const Lessons& lessons) { return lessons.read({0}, 0); }

std::size_t bytes_of(const Lesson& lesson) {
    const bool same = lesson.inputs.is_same(lesson.targets);
    return lesson.inputs.nbytes() + (same ? 0 : lesson.targets.nbytes()) +
           (lesson.masks.defined() ? lesson.masks.nbytes() : 0);
}

}  // namespace

Loop::Loop(const Recipe& recipe, const Task& task, const fettle::Trainer::In& in, fettle::Context& context)
    : recipe_(recipe),
      task_(task),
      context_(context),
      lessons_(in.inputs, in.targets, task.segments(), recipe.channels_last, context),
      order_(context.seed(), lessons_.samples(), static_cast<std::size_t>(recipe.batch)),
      per_epoch_(static_cast<std::int64_t>(order_.batches())),
      schedule_(recipe, per_epoch_),
      example_(first_image(lessons_)),
      shape_{static_cast<int>(example_.inputs.size(1)), static_cast<int>(example_.inputs.size(2)),
             static_cast<int>(example_.inputs.size(3))},
      checkpoints_(context.checkpoint_folder(), context.component_text("model"), work()) {
    require_precision(recipe.precision, torch_device(context.device()));
    require_finite_steps(recipe);
    if (in.calibrate && in.calibrate->size() > 0) calibration_.emplace(recipe, task, in.calibrate, context);
    if (recipe.patience > 0 && !calibration_)
        throw Error(Fault::data,
                    "`patience` watches the loss on `in.calibrate`, and " +
                        std::string(in.calibrate ? "there is no image there" : "nothing is connected to it"))
            .parameter("patience")
            .help(std::string("connect `in.calibrate` to ") +
                  (task.segments() ? "a stage that makes defects in images kept apart" : "sound images kept apart") +
                  ", or leave `patience` out");
}

/// A network initialised from the stage's seed, whatever ran before.
std::shared_ptr<torch::nn::Module> Loop::fresh_net() const {
    torch::manual_seed(fettle::derive_seed(context_.seed(), "network"));
    auto net = task_.build(shape_);
    net->to(torch_device(context_.device()));
    net->train();
    return net;
}

void Loop::prepare() {
    const TensorWork work(context_, /*gradients=*/true);
    example_.arrival.wait({example_.inputs, example_.targets, example_.masks});
    {
        // A GPU says by itself what it can't hold, and the host only hands it over.
        Room room(context_.device().type == fettle::Device::Type::cpu ? memory_left() : SIZE_MAX);
        const auto fresh = [this] { return fresh_net(); };
        untrained_ = try_one_step(
            task_, example_, [&] { return network_within(room, recipe_, fresh); }, order_);
    }
    net_ = fresh_net();
    optimiser_ = optimiser_of(recipe_, net_->parameters());
    if (recipe_.average > 0) average_.emplace(*net_, recipe_.average);
    progress_.sums.assign(untrained_.names.size(), 0);
}

/// Two batches are made ahead, fewer where they don't fit into what the runtime allows this thread; of the calibration
/// images, what the others leave of it, since those wait meanwhile.
void Loop::limit_lookahead() {
    const std::size_t limit = fettle::AheadLimit::bytes(), each = order_.largest() * bytes_of(example_);
    ahead_ = std::min<std::size_t>(2, limit / each);
    calibration_ahead_ = std::min<std::size_t>(
        2, (limit - ahead_ * each) / (static_cast<std::size_t>(recipe_.batch) * example_.inputs.nbytes()));
    if (ahead_ == 0)
        context_.warn_this_time(
            "a batch takes " + bytes_text(each) +
            ", more than a quarter of `--memory`, so the next one is only made once it is needed; `--memory " +
            std::to_string(8 * each / (1U << 20) + 1) + "M` makes room for two");
}

/// What the user should know before waiting for the result.
void Loop::caution() const {
    const std::size_t samples = lessons_.samples();
    if (samples < static_cast<std::size_t>(recipe_.batch))
        context_.warn("`batch` is " + std::to_string(recipe_.batch) + " and there " +
                      (samples == 1 ? "is 1 image" : "are " + std::to_string(samples) + " images") +
                      ": every step takes all of them");
    if (schedule_.steps() < recipe_.warm_up)
        context_.warn("the training takes " + std::to_string(schedule_.steps()) + " steps, and `warm_up` " +
                      std::to_string(recipe_.warm_up) + ": the step size never reaches `learning_rate`");
}

/// What a checkpoint has to agree with to be carried on from, besides the architecture.
std::string Loop::work() const {
    std::ostringstream text;
    for (const char* component : {"loss", "segmentation"}) text << context_.component_text(component);
    for (const auto& [name, value] : recipe_.settings()) text << name << " = " << value.text() << '\n';
    text << "images = " << lessons_.samples() << " of " << shape_.channels << "x" << shape_.height << "x"
         << shape_.width << '\n'
         << "seed = " << context_.seed() << '\n';
    return text.str();
}

Lesson Loop::lesson_of(std::size_t step) const {
    Lesson lesson = lessons_.read(order_.indices(step), static_cast<std::uint32_t>(step / order_.batches()));
    require_size(lesson, example_);
    return lesson;
}

Place Loop::place() const { return {progress_.step / per_epoch_ + 1, progress_.step % per_epoch_ + 1, per_epoch_}; }

/// The terms before the step.
std::vector<double> Loop::learn_from(const Lesson& lesson) {
    const TensorWork work(context_, /*gradients=*/true);
    lesson.arrival.wait({lesson.inputs, lesson.targets, lesson.masks});
    // A network with dropout draws the same whatever else used the generator, and after a resumption.
    torch::manual_seed(fettle::derive_seed(context_.seed(), "step " + std::to_string(progress_.step)));
    set_rate(*optimiser_, schedule_.rate(progress_.step, progress_.watch));
    for (fettle::Tensor& weight : net_->parameters()) weight.mutable_grad().reset();  // none is cheaper than zeros
    const std::vector<Term> terms = task_.terms(*net_, lesson);
    std::vector<fettle::Tensor> values;
    for (const Term& term : terms) values.push_back(term.value);
    const fettle::Tensor together = torch::stack(values);
    together.sum().backward();
    if (recipe_.clip > 0) torch::nn::utils::clip_grad_norm_(net_->parameters(), recipe_.clip);
    optimiser_->step();
    if (average_) average_->update(*net_, progress_.step);
    // Looked at last: a GPU has its work for the whole step by then. Weights that this spoilt are kept nowhere.
    const fettle::Tensor figures = together.detach().to(torch::kCPU, torch::kFloat64);
    if (!torch::isfinite(figures).all().item<bool>())
        throw not_finite(lesson, terms, place(), context_.checkpoint_folder());
    return {figures.data_ptr<double>(), figures.data_ptr<double>() + figures.numel()};
}

void Loop::take_step(const Lesson& lesson) {
    std::vector<double> figures;
    try {
        figures = learn_from(lesson);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        if (fettle::means_out_of_memory(error)) throw out_of_memory(lesson.samples.size(), place());
        throw;
    }
    progress_.masked += masked_in(lesson);
    const auto count = static_cast<std::int64_t>(lesson.samples.size());
    for (std::size_t i = 0; i < figures.size(); ++i) progress_.sums.at(i) += figures[i] * static_cast<double>(count);
    ++progress_.step;
    progress_.images += count;
    progress_.seen += count;
}

/// With the weights that would be kept if training ended now.
double Loop::calibration_loss() {
    std::optional<Borrowed> averaged;
    if (average_) averaged.emplace(*net_, average_->weights());
    return calibration_->loss(*net_, calibration_ahead_, example_, progress_.epoch + 1);
}

void Loop::record(const std::string& name, double value) {
    auto curve = std::find_if(progress_.curves.begin(), progress_.curves.end(),
                              [&](const fettle::Curve& each) { return each.name == name; });
    if (curve == progress_.curves.end()) curve = progress_.curves.insert(curve, {.name = name});
    curve->steps.push_back(static_cast<double>(progress_.epoch));
    curve->values.push_back(value);
}

void Loop::end_epoch() {
    if (task_.segments() && progress_.masked == 0)
        throw Error(Fault::data, "no input has a mask, so there is nothing anomalous to learn from")
            .help("connect `in.inputs` to a stage that makes defects: synthesize.paste, say");
    const double calibration = calibration_ ? calibration_loss() : 0;  // first: it may be interrupted
    ++progress_.epoch;
    const std::vector<std::string>& terms = untrained_.names;
    double loss = 0;
    for (double& sum : progress_.sums) loss += sum /= static_cast<double>(progress_.images);
    record("loss", loss);
    if (terms.size() > 1)
        for (std::size_t i = 0; i < terms.size(); ++i) record(terms[i], progress_.sums[i]);
    if (calibration_) record("calibrate loss", calibration);
    record("rate", schedule_.rate(progress_.step - 1, progress_.watch));
    progress_.watch = schedule_.after_epoch(progress_.watch, calibration_ ? calibration : loss);
    if (recipe_.patience > 0 && calibration < progress_.best) {
        progress_.best = calibration;
        progress_.best_epoch = progress_.epoch;
        best_ = copy_of(average_ ? average_->weights() : tensors_of(*net_));
    }
    progress_.sums.assign(untrained_.names.size(), 0);
    progress_.images = 0;
}

bool Loop::ended() const {
    return progress_.step == schedule_.steps() ||
           (recipe_.patience > 0 && progress_.epoch - progress_.best_epoch >= recipe_.patience);
}

void Loop::save_checkpoint() {
    progress_.seconds = context_.seconds();
    checkpoints_.write(state());
    context_.note("checkpoint",
                  "after step " + std::to_string(progress_.step) + " of " + std::to_string(schedule_.steps()));
    saved_ = Clock::now();
}

/// "loss 0.0123, 118 images/s"; how much time is left stands beside it, as beside every stage's progress.
std::string Loop::note() const {
    double loss = 0;
    for (const double sum : progress_.sums) loss += sum / static_cast<double>(progress_.images);
    const std::chrono::duration<double> passed = Clock::now() - begun_;
    const double speed = static_cast<double>(progress_.seen - seen_before_) / passed.count();
    char text[64];
    std::snprintf(text, sizeof text, "loss %.4f, %.3g images/s", loss, speed);
    return text;
}

/// A rate that is too large need not end in infinity: a sigmoid saturates, and batch norm holds the rest together. The
/// first epoch may hold a few good steps before that and the last be no worse, so the network that is kept is held to
/// the one that hadn't learnt, too: on one image, because the first steps of a short training gain less than two
/// batches differ by. What the latter makes of it is computed anew in every process and needs no place in a checkpoint.
void Loop::caution_of_standstill() const {
    const std::vector<double>& losses = progress_.curves.front().values;
    const bool stood = losses.size() >= 3 && losses.back() >= 0.999 * losses.front();
    const TensorWork work(context_);
    net_->eval();
    const double kept = loss_on(task_, example_, *net_, order_.largest());
    char figures[100];
    if (stood)
        std::snprintf(figures, sizeof figures, " was %.4g after the first epoch and is %.4g after the last",
                      losses.front(), losses.back());
    else if (kept >= untrained_.loss)
        std::snprintf(figures, sizeof figures, " was %.4g before the training and is %.4g after it", untrained_.loss,
                      kept);
    else
        return;
    context_.warn("the loss" + (stood ? "" : " on `" + example_.samples.front() + "`") + figures +
                  ": the network learnt next to nothing. A `learning_rate` that is far too large or too small ends so");
}

/// Puts into the network what is kept of it.
void Loop::settle_weights() {
    Weights own = tensors_of(*net_);
    if (best_)
        assign(own, *best_);
    else if (average_)
        assign(own, average_->weights());
    for (const auto& weight : own)
        if (weight.value().is_floating_point() && !torch::isfinite(weight.value()).all().item<bool>())
            throw diverged("the last step of the training left weights that are not finite");
}

fettle::Network Loop::run() {
    prepare();
    limit_lookahead();
    caution();
    const std::int64_t steps = schedule_.steps();
    if (checkpoints_.restore(state(), context_)) {
        context_.carried_on(progress_.seconds);
        context_.note("resumed", "after step " + std::to_string(progress_.step) + " of " + std::to_string(steps));
    }
    const auto first = static_cast<std::size_t>(progress_.step);
    seen_before_ = progress_.seen;
    begun_ = saved_ = Clock::now();
    // Three in flight, where there is room: one is computed with, one is on its way, one is being made.
    Lookahead<Lesson> next(static_cast<std::size_t>(steps) - first, ahead_,
                           [&](std::size_t k) { return lesson_of(first + k); });
    try {
        for (;;) {
            if (progress_.epoch < progress_.step / per_epoch_) end_epoch();
            if (ended()) break;
            const auto before = Clock::now();
            const Lesson lesson = next.take();
            context_.waited_since(before);
            take_step(lesson);
            context_.progress(static_cast<std::size_t>(progress_.step), static_cast<std::size_t>(steps), note());
            if (Clock::now() - saved_ >= std::chrono::duration<double>(recipe_.checkpoint_every)) save_checkpoint();
            context_.check_stop();
        }
    } catch (const fettle::Interrupted&) {  // asked to stop, perhaps while images were being made
        save_checkpoint();
        throw;
    }
    if (progress_.step < steps)
        context_.note("stopped early", "after epoch " + std::to_string(progress_.epoch) + "; the best was epoch " +
                                           std::to_string(progress_.best_epoch));
    settle_weights();
    caution_of_standstill();
    return network_of(*net_, task_, recipe_, shape_, progress_, lessons_, calibration_ ? &*calibration_ : nullptr,
                      context_);
}

}  // namespace train
