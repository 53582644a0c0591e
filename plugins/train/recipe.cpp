#include "recipe.hpp"

namespace train {

std::vector<std::pair<std::string, fettle::Setting>> Recipe::settings() const {
    return {{"epochs", epochs},
            {"batch", batch},
            {"optimiser", optimiser},
            {"learning_rate", learning_rate},
            {"weight_decay", weight_decay},
            {"momentum", momentum},
            {"schedule", schedule},
            {"warm_up", warm_up},
            {"final_rate", final_rate},
            {"fall_after", fall_after},
            {"fall_factor", fall_factor},
            {"clip", clip},
            {"average", average},
            {"patience", patience},
            {"precision", precision},
            {"channels_last", channels_last}};
}

}  // namespace train
