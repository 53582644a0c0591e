#include "loop.hpp"
#include "precision.hpp"

namespace {

using fettle::ReconstructionNet;
using fettle::Tensor;
using train::Lesson;
using train::Term;

/// Trains an autoencoder to give back the targets: where they are the inputs themselves it learns to compress them,
/// where the inputs are damaged it learns to mend.
struct Reconstruction final : train::Recipe {
    fettle::Ref<fettle::Autoencoder> model;
    std::vector<fettle::Ref<fettle::Similarity>> loss;

    static void describe(fettle::Describe<Reconstruction>& d) {
        d.summary("Trains an autoencoder to give back its targets.");
        describe_recipe(d);
        d.component("model", &Reconstruction::model, "The architecture to train.")
            .components("loss", &Reconstruction::loss,
                        "What to make small: the sum of the means of these maps, each times its weight.");
    }

    fettle::Network train(const In& in, fettle::Context& context) const override;
};

class Task final : public train::Task {
   public:
    Task(const Reconstruction& stage, const fettle::Context& context)
        : stage_(stage), loss_("loss", stage.loss, context, Term::Of::images) {}

    std::shared_ptr<torch::nn::Module> build(const fettle::ImageShape& input) const override {
        return train::of_component("model", [&] { return stage_.model->build(input); });
    }

    std::vector<Term> terms(torch::nn::Module& module, const Lesson& lesson) const override {
        auto& net = dynamic_cast<ReconstructionNet&>(module);
        ReconstructionNet::Learnt learnt;
        {
            const train::Precision lowered(stage_.precision, lesson.inputs.device());
            if (net.is_training())
                learnt = net.learn(lesson.inputs);
            else
                learnt.images = net.forward(lesson.inputs);
        }
        train::require_same_sizes(learnt.images, lesson);
        std::vector<Term> terms;
        loss_.add(terms, lesson.targets, learnt.images.to(torch::kFloat32));
        train::add_penalty(terms, learnt.penalty);
        return terms;
    }

    std::vector<Tensor> outputs(torch::nn::Module& module, const Tensor& images) const override {
        return {dynamic_cast<ReconstructionNet&>(module).forward(images)};
    }

    bool segments() const override { return false; }

   private:
    const Reconstruction& stage_;
    train::Sum loss_;
};

fettle::Network Reconstruction::train(const In& in, fettle::Context& context) const {
    return train::Loop(*this, Task(*this, context), in, context).run();
}

}  // namespace

void add_reconstruction(fettle::PluginBuilder& plugin) { plugin.add<Reconstruction>("train.reconstruction"); }
