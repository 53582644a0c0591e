// What every training lets its user set.
#pragma once

#include <fettle/sdk.hpp>

#include <string>
#include <utility>
#include <vector>

namespace train {

/// The parameters of a training by gradient descent: all but the network and what is made small.
struct Recipe : fettle::Trainer {
    int epochs = 40;
    int batch = 16;
    std::string optimiser = "adam";
    double learning_rate = 2e-3;
    double weight_decay = 0;
    double momentum = 0.9;
    std::string schedule = "cosine";
    int warm_up = 50;
    double final_rate = 0.02;
    int fall_after = 10;
    double fall_factor = 0.1;
    double clip = 0;
    double average = 0;
    int patience = 0;
    std::string precision = "float32";
    bool channels_last = true;
    double checkpoint_every = 30;

    template <class T>
    static void describe_recipe(fettle::Describe<T>& d) {
        using fettle::above, fettle::at_least, fettle::between, fettle::one_of;
        d.param("epochs", &T::epochs, "How often every image is seen, at most.", at_least(1))
            .param("batch", &T::batch, "Images per step, at most; an epoch is cut into even batches.", at_least(1))
            .param("optimiser", &T::optimiser, "What turns gradients into steps.", one_of({"adam", "adamw", "sgd"}))
            .param("learning_rate", &T::learning_rate, "The optimiser's step size after the warm-up.", above(0))
            .param("weight_decay", &T::weight_decay,
                   "What share of a weight joins its gradient; with \"adamw\" it shrinks the weight itself.",
                   at_least(0))
            .param("momentum", &T::momentum, "Share of the last step that \"sgd\" repeats.", between(0, 0.9999))
            .param("schedule", &T::schedule, "How the step size falls after the warm-up.",
                   one_of({"cosine", "step", "plateau", "constant"}))
            .param("warm_up", &T::warm_up, "Steps over which the step size rises from zero.", at_least(0))
            .param("final_rate", &T::final_rate,
                   "The lowest step size, as a fraction of `learning_rate`; \"cosine\" ends there.", between(0, 1))
            .param("fall_after", &T::fall_after,
                   "Epochs between two falls of \"step\"; epochs in a row without a better loss before one of "
                   "\"plateau\".",
                   at_least(1))
            .param("fall_factor", &T::fall_factor,
                   "What a fall of \"step\" or \"plateau\" multiplies the step size by.", between(0.001, 0.999))
            .param("clip", &T::clip, "The longest that the gradient of all weights together may be; 0 for any length.",
                   at_least(0))
            .param("average", &T::average,
                   "Share of the running average of the weights that a step leaves as it was; the average is what is "
                   "kept in the end. 0 for the weights themselves.",
                   between(0, 0.99999))
            .param("patience", &T::patience,
                   "Epochs in a row without a better loss on `in.calibrate` after which training ends; the best "
                   "weights are kept. 0 for all epochs and the last weights.",
                   at_least(0))
            .param("precision", &T::precision,
                   "What the network computes in while it learns; its weights and the loss stay float32.",
                   one_of({"float32", "bfloat16"}))
            .param("channels_last", &T::channels_last,
                   "Whether the channels of a pixel lie side by side in memory, which processors prefer.")
            .param("checkpoint_every", &T::checkpoint_every,
                   "Seconds between checkpoints; with 0 there is one after every step.", at_least(0));
    }

    /// Every parameter that has a say in the result, by its name in the graph: all but `checkpoint_every`.
    std::vector<std::pair<std::string, fettle::Setting>> settings() const;
};

}  // namespace train
