// What `fettle explain CODE` prints: why the error exists and how one gets out of it.
#include "diagnose/diagnose.hpp"

#include <array>

namespace fettle::runtime {
namespace {

constexpr std::array entries{
    CatalogueEntry{"P101", "not a plugin",
                   "A file on the plugin path is no shared library, or one that carries no fettle banner.\n"
                   "A plugin is built with CMake: find_package(Fettle) and fettle_add_plugin(name SOURCES name.cpp);\n"
                   "examples/own_metric is a complete one."},
    CatalogueEntry{
        "P102", "another runtime",
        "Objects of C++ libraries (the standard library, LibTorch, OpenCV) cross the border between fettle and\n"
        "its plugins, so both must be built against the same ones. The banner in the file says what the plugin was\n"
        "built with; it is read before anything of the plugin runs. `headers` is a digest of the SDK's headers\n"
        "without comments and spacing, `none` a library that the plugin doesn't use. Build it again against this SDK."},
    CatalogueEntry{"P103", "an id offered twice",
                   "Two files on the plugin path offer a stage under one id, and nothing says which is meant.\n"
                   "Remove one of them, or give yours an id of its own."},
    CatalogueEntry{"P104", "could not be loaded",
                   "The system's loader refused the file: most often a library that it needs is not installed."},
    CatalogueEntry{
        "P105", "crashed while loading",
        "Every new plugin is first loaded in a process of its own. This one died there, so it was set aside and the\n"
        "others go on. It is tried again at the next call."},
    CatalogueEntry{"P106", "threw while loading",
                   "The body of FETTLE_PLUGIN, or a `describe` function, threw an exception. It was set aside."},
    CatalogueEntry{"G001", "not TOML",
                   "The file breaks a rule of TOML (https://toml.io). Reading stops at the first such place."},
    CatalogueEntry{"G002", "another format",
                   "`format = 1` stands at the top of every graph, so that a later fettle knows what it reads."},
    CatalogueEntry{"G003", "extends itself", "Following `extends` from file to file leads back to where it began."},
    CatalogueEntry{
        "G004", "undefined reference",
        "`${name}` is a key of [parameters], `${graph.name}` the graph's name, `${env:NAME}` a variable of the\n"
        "environment, and `${env:NAME:-text}` that or, where it isn't set, the text. `$${` writes a plain `${`."},
    CatalogueEntry{"G005", "a file can't be read",
                   "The graph, or a file that it extends, is missing or may not be read."},
    CatalogueEntry{
        "G006", "an unknown key",
        "Outside the stages a graph holds `format`, `extends`, [graph], [parameters] and [stage.*] only. A key that\n"
        "nobody reads is most likely misspelt, and would silently do nothing."},
    CatalogueEntry{"G007", "a parameter that leads back to itself",
                   "Parameters may refer to each other, but following the references must end at a value."},
    CatalogueEntry{"G008", "a reference without its end",
                   "A text has `${` and no `}` after it. `$${` writes a plain `${`."},
    CatalogueEntry{"G009", "no stages", "A graph without [stage.*] does nothing."},
    CatalogueEntry{"G010", "a name that can't be used",
                   "Names of graphs and stages become names of folders and parts of edges (\"stage.port\"), so they "
                   "hold no dots,\n"
                   "spaces, quotes and slashes."},
    CatalogueEntry{"G011", "a parameter that nothing reads",
                   "A key of [parameters] does something only where a value of the graph refers to it as ${name}. One\n"
                   "that nobody reads is most likely misspelt. What a parent file sets may stay unread."},
    CatalogueEntry{"G012", "a stage that isn't there to be dropped",
                   "`drop = true` removes a stage that comes from the file named by `extends`."},
    CatalogueEntry{
        "G101", "no such stage or component",
        "No plugin on the plugin path offers the id after `use`. `fettle list` shows what there is; plugins of your\n"
        "own are named with --plugin, FETTLE_PLUGIN_PATH, or `plugins = [...]` in [graph]."},
    CatalogueEntry{"G102", "no `use`", "Every [stage.x], and every component inside one, says what it is with `use`."},
    CatalogueEntry{
        "G103", "another role",
        "A stage stands where a component is wanted, or the other way round: a trainer's model must be of role\n"
        "`autoencoder`, its loss of role `similarity`."},
    CatalogueEntry{"G104", "a missing component",
                   "The stage can't work without this component: a table inside the stage's, with a `use` of its own."},
    CatalogueEntry{"G201", "unknown parameter",
                   "The stage has no such parameter. `fettle inspect ID` lists those it has."},
    CatalogueEntry{"G202", "wrong type", "The parameter is of another type: a number where a text stands, say."},
    CatalogueEntry{"G203", "out of range", "The parameter's value lies outside of what the stage can work with."},
    CatalogueEntry{"G204", "missing parameter", "The parameter has no default, so the graph must set it."},
    CatalogueEntry{"G205", "parameters contradict each other",
                   "Each parameter is fine on its own, but together they make no sense to the stage."},
    CatalogueEntry{
        "G206", "no such file or folder",
        "A path is looked up from the folder of the file in which its beginning is written; from the current folder\n"
        "where it comes from --set or from the environment."},
    CatalogueEntry{
        "G207", "can't be kept",
        "`keep = true` stores the images that a lazy stage makes, so that a later run reads them instead of making\n"
        "them again. Maps aren't stored: they hold on to the images they were made from."},
    CatalogueEntry{"G208", "a file that can't be read",
                   "What a stage reads is part of its cache key, so it is read while planning; this file, or one in\n"
                   "this folder, may not be, or vanished meanwhile."},
    CatalogueEntry{"G301", "no such stage", "An edge names a stage that the graph doesn't have."},
    CatalogueEntry{
        "G302", "no such port",
        "An edge names a port that the stage doesn't have. `fettle inspect ID` lists its ports. Where a stage has\n"
        "one output, its name alone is enough: in.images = \"photos\"."},
    CatalogueEntry{"G303", "types differ",
                   "The value that travels on the edge is not of the type that its port takes."},
    CatalogueEntry{"G304", "a cycle", "Each of these stages needs what another of them makes, so none can begin."},
    CatalogueEntry{
        "G305", "a leak",
        "What learns or sets a threshold must not see the samples it will be judged by: figures measured after such a\n"
        "leak say nothing. Every value carries the splits it came from, through every stage, and ports that learn\n"
        "refuse `test` and samples that no split stage has seen."},
    CatalogueEntry{"G306", "an unused stage", "A lazy stage that nobody reads is never run. A warning."},
    CatalogueEntry{"G307", "not connected", "The stage can't work without this input."},
    CatalogueEntry{"G308", "not a list", "The port takes the output of one stage."},
    CatalogueEntry{
        "G309", "no calibration samples",
        "A threshold is found from samples that the network hasn't learnt from and that it isn't judged by:\n"
        "the `calibrate` output of a split stage. They must be scored together with those of `test`."},
    CatalogueEntry{
        "G310", "two splits mixed",
        "Each split stage divides a data set for itself, so what is `train` for one may be `test` for another. What\n"
        "was learned from one may only be judged by the `test` of the same one. A split stage may divide the `train`\n"
        "of another further: those parts stay apart from the other's `test`."},
    CatalogueEntry{
        "G311", "no anomalies to calibrate on",
        "The threshold weighs what it finds against what it calls by mistake, so its calibration samples must be of\n"
        "both kinds. A split that lets only sound images calibrate gives one; a synthesizer on its `calibrate` output\n"
        "makes the other. Both must be scored alike."},
    CatalogueEntry{"G401", "an override that can't be read", "--set takes a path, an equals sign and a TOML value."},
    CatalogueEntry{"G402", "an override that points nowhere",
                   "--set changes what the graph has: stage.parameter, parameters.name,\n"
                   "graph.seed, or a component's stage.component.parameter."},
    CatalogueEntry{"G403", "a sweep that points nowhere",
                   "[sweep.over] names what the graph has: stage.parameter, stage.component.parameter, stage.in.port,\n"
                   "parameters.name or graph.seed, each with a list of the values that it is to take."},
    CatalogueEntry{"G404", "a sweep that can't be read",
                   "[sweep] has `mode` (\"grid\": every combination; \"zip\": first with first, so the lists have one\n"
                   "length), `repeat` (how many seeds), and [sweep.over]: paths to lists that aren't empty."},
    CatalogueEntry{"G405", "too many cells",
                   "A grid has as many cells as its lists' lengths multiplied, times the number of seeds. That grows\n"
                   "faster than it looks, and nobody reads thousands of results."},
    CatalogueEntry{
        "G406", "shapes that don't fit",
        "Images of this size or number don't fit: a network that halves its input four times needs sides that 16\n"
        "divides, two inputs that belong together need the same number of samples. It is found by one trial pass,\n"
        "before training begins."},
    CatalogueEntry{"R501", "a stage failed", "A plugin gave up for a reason of its own; the message is its."},
    CatalogueEntry{"R502", "the data", "Files are missing, damaged, empty or don't belong together."},
    CatalogueEntry{
        "R503", "not finite",
        "A loss or score became infinite or not a number. Of a loss, most often the learning rate is too high. Of the\n"
        "score or map of a calibration sample, look at the image named, and at what the metric makes of it: a\n"
        "threshold found without it would promise too much. A test sample's ends nothing by itself: it has no score,\n"
        "a warning and every judgement name it, and the figures are of the others. Only where no test sample has a\n"
        "finite score is there nothing to judge."},
    CatalogueEntry{"R504", "out of memory",
                   "The machine or the device ran out of memory, or has less than a training surely needs. Take a\n"
                   "smaller batch or smaller images; where the network itself has no room to learn in, a smaller one,\n"
                   "or an optimiser that remembers less."},
    CatalogueEntry{"R505", "the device", "The device that the graph names isn't there, or failed."},
    CatalogueEntry{"R506", "storage", "A file could not be written or read back. Is the disk full?"},
    CatalogueEntry{
        "R507", "a stage that hangs",
        "A stage told of no progress, and made no sample, for as long as --stage-timeout says. It was asked to stop;\n"
        "one that doesn't stop then can't be taken out of a program, so the program ends around it as soon as no "
        "other\n"
        "stage gets on. What the others made is in the cache, and the next run carries on from there."},
    CatalogueEntry{
        "C601", "a damaged cache entry",
        "The content of a cache entry doesn't match its recorded digests: it isn't believed, but computed again and\n"
        "replaced. A disk that drops writes, or somebody's edit, may be the cause."},
    CatalogueEntry{"C602", "a cache that can't be used", "The cache's folder can't be made or written to."},
};

}  // namespace

std::span<const CatalogueEntry> catalogue() { return entries; }

}  // namespace fettle::runtime
