#include "loop.hpp"
#include "precision.hpp"

namespace {

using fettle::DiscriminativeNet;
using fettle::Tensor;
using train::Lesson;
using train::Term;

/// Trains a network to mend images and to tell, from the image and what it made of it, where it was damaged: the
/// recipe of Zavrtanik, Kristan and Skocaj, "DRAEM: a discriminatively trained reconstruction embedding for surface
/// anomaly detection" (ICCV 2021). What was damaged is in the inputs' masks.
struct Discriminative final : train::Recipe {
    fettle::Ref<fettle::Discriminative> model;
    std::vector<fettle::Ref<fettle::Similarity>> loss, segmentation;

    static void describe(fettle::Describe<Discriminative>& d) {
        d.summary("Trains a network to mend damaged images and to tell where they were damaged.");
        describe_recipe(d);
        d.component("model", &Discriminative::model, "The architecture to train.")
            .components("loss", &Discriminative::loss,
                        "What to make small of targets and mended images: the sum of the means of these maps.")
            .components("segmentation", &Discriminative::segmentation,
                        "What to make small of the inputs' masks and the map of anomalies: the sum of these means.");
    }

    fettle::Network train(const In& in, fettle::Context& context) const override;
};

class Task final : public train::Task {
   public:
    Task(const Discriminative& stage, const fettle::Context& context)
        : stage_(stage),
          loss_("loss", stage.loss, context, Term::Of::images),
          segmentation_("segmentation", stage.segmentation, context, Term::Of::masks, "segmentation ") {}

    std::shared_ptr<torch::nn::Module> build(const fettle::ImageShape& input) const override {
        return train::of_component("model", [&] { return stage_.model->build(input); });
    }

    std::vector<Term> terms(torch::nn::Module& module, const Lesson& lesson) const override {
        auto& net = dynamic_cast<DiscriminativeNet&>(module);
        const auto judged = [&]() -> DiscriminativeNet::Learnt {
            const train::Precision lowered(stage_.precision, lesson.inputs.device());
            if (net.is_training()) return net.learn(lesson.inputs);
            return {net.forward(lesson.inputs), {}};
        }();
        train::require_same_sizes(judged.images, lesson);
        if (judged.anomaly.sizes() != lesson.masks.sizes())
            throw fettle::Error(fettle::Fault::shape, "the network's map of anomalies is " +
                                                          train::sides(judged.anomaly) + ", the masks are " +
                                                          train::sides(lesson.masks))
                .help("it has to give one channel as large as the images");
        std::vector<Term> terms;
        loss_.add(terms, lesson.targets, judged.images.to(torch::kFloat32));
        segmentation_.add(terms, lesson.masks, judged.anomaly.to(torch::kFloat32));
        train::add_penalty(terms, judged.penalty);
        return terms;
    }

    std::vector<Tensor> outputs(torch::nn::Module& module, const Tensor& images) const override {
        auto judged = dynamic_cast<DiscriminativeNet&>(module).forward(images);
        return {std::move(judged.images), std::move(judged.anomaly)};
    }

    bool segments() const override { return true; }

   private:
    const Discriminative& stage_;
    train::Sum loss_, segmentation_;
};

fettle::Network Discriminative::train(const In& in, fettle::Context& context) const {
    return train::Loop(*this, Task(*this, context), in, context).run();
}

}  // namespace

void add_discriminative(fettle::PluginBuilder& plugin) { plugin.add<Discriminative>("train.discriminative"); }
