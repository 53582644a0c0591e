#include "trouble.hpp"

#include <fettle/thrown.hpp>

#include <torch/serialize.h>

#include <cmath>
#include <fstream>

namespace train {
namespace {

using fettle::Error;
using fettle::Fault;
using fettle::means_out_of_memory;
using fettle::Tensor;

std::string images(std::size_t count) { return std::to_string(count) + (count == 1 ? " image" : " images"); }

constexpr const char* shorter_steps = "take a smaller `learning_rate`, a longer `warm_up`, or a `clip`";

std::vector<Term> terms_on(const Task& task, const Lesson& example, torch::nn::Module& net, std::size_t batch) {
    const auto repeated = [&](const Tensor& image) {
        if (!image.defined()) return image;
        return image.repeat({static_cast<std::int64_t>(batch), 1, 1, 1}).contiguous(image.suggest_memory_format());
    };
    const Lesson lesson{
        example.samples, repeated(example.inputs), repeated(example.targets), repeated(example.masks), {}};
    return task.terms(net, lesson);
}

double comparing(const std::vector<Term>& terms) {
    double sum = 0;
    for (const Term& term : terms)
        if (term.of != Term::Of::network) sum += term.value.item<double>();
    return sum;
}

/// A pass forward and backward.
Trial pass(const Task& task, const Lesson& example, torch::nn::Module& net, std::size_t batch) {
    const std::vector<Term> terms = terms_on(task, example, net, batch);
    Tensor sum;
    std::vector<std::string> names;
    for (const Term& term : terms) {
        sum = sum.defined() ? sum + term.value : term.value;
        names.push_back(term.name);
    }
    sum.backward();
    return {names, comparing(terms)};
}

/// The largest half, quarter, ... of `batch` that fits into memory; 0 where not even one image does.
std::size_t batch_that_fits(const Task& task, const Lesson& example,
                            const std::function<std::shared_ptr<torch::nn::Module>()>& fresh, std::size_t batch) {
    for (batch /= 2; batch > 0; batch /= 2) try {
            pass(task, example, *fresh(), batch);
            return batch;
        } catch (const Error& error) {
            if (error.fault() != Fault::memory) return batch;  // it fits, and something else is wrong with it
        } catch (const std::exception& error) {
            if (!means_out_of_memory(error)) return batch;
        }
    return 0;
}

Error unfit(const Lesson& example, std::size_t batch, const std::string& why) {
    const bool norm = why.find("more than 1 value per channel") != std::string::npos;
    Error error(Fault::shape, "the network can't be trained on " + sides(example.inputs) + " in batches of " +
                                  std::to_string(batch) + ": " +
                                  (norm ? "batch norm needs more than one value per channel to average" : why));
    if (norm) return error.help("train on more than one image at a time, on larger ones, or take less depth");
    return error.help("larger images, more of them in a batch, or a network of less depth may fit");
}

Trial try_batch(const Task& task, const Lesson& example,
                const std::function<std::shared_ptr<torch::nn::Module>()>& fresh, std::size_t batch) {
    try {
        return pass(task, example, *fresh(), batch);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        if (means_out_of_memory(error)) {
            const std::size_t fits = batch_that_fits(task, example, fresh, batch);
            Error told(Fault::memory,
                       "a step on " + images(batch) + " of " + sides(example.inputs) + " doesn't fit into memory");
            throw fits > 0
                ? told.parameter("batch").help("one on " + images(fits) + " does: say batch = " + std::to_string(fits))
                : told.help("one on a single image doesn't either: take smaller images or a smaller network");
        }
        throw unfit(example, batch, fettle::sentence_of(error));
    }
}

}  // namespace

Trial try_one_step(const Task& task, const Lesson& example,
                   const std::function<std::shared_ptr<torch::nn::Module>()>& fresh, const Order& order) {
    Trial trial = try_batch(task, example, fresh, order.largest());
    if (order.smallest() < order.largest()) try {
            try_batch(task, example, fresh, order.smallest());
        } catch (Error& error) {
            if (error.parameter().empty()) error.parameter("batch");
            error.help("an epoch is cut into batches of " + std::to_string(order.largest()) + " and of " +
                       std::to_string(order.smallest()) + ": with a larger `batch` there are fewer and larger ones");
            throw;
        }
    return trial;
}

double loss_on(const Task& task, const Lesson& example, torch::nn::Module& net, std::size_t batch) {
    return comparing(terms_on(task, example, net, batch));
}

Error diverged(const std::string& what) {
    return Error(Fault::numeric, what).parameter("learning_rate").help(shorter_steps);
}

Error not_finite(const Lesson& lesson, const std::vector<Term>& terms, const Place& place,
                 const std::filesystem::path& folder) {
    c10::impl::GenericDict dict(c10::StringType::get(), c10::AnyType::get());
    const auto put = [&](const char* name, const Tensor& tensor) {
        if (tensor.defined()) dict.insert(name, tensor.detach().to(torch::kCPU).contiguous());
    };
    put("inputs", lesson.inputs);
    put("targets", lesson.targets);
    put("masks", lesson.masks);
    dict.insert("samples", c10::List<std::string>(lesson.samples));
    std::string culprits;
    for (const Term& term : terms) {
        const double value = term.value.item<double>();
        dict.insert("loss " + term.name, value);
        if (!std::isfinite(value)) culprits += (culprits.empty() ? "" : " and ") + term.name;
    }
    const auto path = folder / "not-finite.pt";
    const std::vector<char> bytes = torch::pickle_save(dict);
    std::ofstream file(path, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    const std::string where =
        file ? "; the batch lies in `" + path.string() + "` (torch.load(path, weights_only=False))" : "";
    return Error(Fault::numeric, "the loss is not finite in epoch " + std::to_string(place.epoch) + ", batch " +
                                     std::to_string(place.batch) + " of " + std::to_string(place.of) + ": " + culprits)
        .parameter("learning_rate")
        .help(shorter_steps + where);
}

Error out_of_memory(std::size_t batch, const Place& place) {
    return Error(Fault::memory, "memory ran out in epoch " + std::to_string(place.epoch) + ", batch " +
                                    std::to_string(place.batch) + " of " + std::to_string(place.of))
        .parameter("batch")
        .help(batch > 1 ? "say batch = " + std::to_string(batch / 2) : "take smaller images or a smaller network");
}

}  // namespace train
