#include <fettle/plugin.hpp>

void add_csv(fettle::PluginBuilder&);
void add_html(fettle::PluginBuilder&);
void add_images(fettle::PluginBuilder&);
void add_json(fettle::PluginBuilder&);
void add_jsonlines(fettle::PluginBuilder&);
void add_junit(fettle::PluginBuilder&);
void add_markdown(fettle::PluginBuilder&);
void add_mlflow(fettle::PluginBuilder&);
void add_tensorboard(fettle::PluginBuilder&);
void add_wandb(fettle::PluginBuilder&);

FETTLE_PLUGIN(report, "0.1.0", "What was found, for a person and for other programs") {
    add_html(plugin);
    add_json(plugin);
    add_csv(plugin);
    add_markdown(plugin);
    add_images(plugin);
    add_junit(plugin);
    add_jsonlines(plugin);
    add_tensorboard(plugin);
    add_wandb(plugin);
    add_mlflow(plugin);
}
