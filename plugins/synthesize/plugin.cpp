#include <fettle/plugin.hpp>

void add_chip(fettle::PluginBuilder&);
void add_crack(fettle::PluginBuilder&);
void add_cutpaste(fettle::PluginBuilder&);
void add_noise(fettle::PluginBuilder&);
void add_paste(fettle::PluginBuilder&);
void add_perlin(fettle::PluginBuilder&);
void add_pore(fettle::PluginBuilder&);
void add_scratch(fettle::PluginBuilder&);
void add_stain(fettle::PluginBuilder&);
void add_warp(fettle::PluginBuilder&);

FETTLE_PLUGIN(synthesize, "0.1.0", "Sound images damaged, with masks of where") {
    add_paste(plugin);
    add_crack(plugin);
    add_scratch(plugin);
    add_pore(plugin);
    add_chip(plugin);
    add_stain(plugin);
    add_warp(plugin);
    add_cutpaste(plugin);
    add_perlin(plugin);
    add_noise(plugin);
}
