// A library of its own: FFmpeg, which OpenCV's videoio brings, would more than double what the other data sets' library
// needs to load.
#include <fettle/plugin.hpp>

void add_video(fettle::PluginBuilder&);

FETTLE_PLUGIN(dataset_video, "0.1.0", "Frames of a video as images") { add_video(plugin); }
