#include "checkpoint.hpp"

#include <fettle/durable.hpp>
#include <fettle/tensors.hpp>

#include <torch/serialize/archive.h>

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <fstream>
#include <sstream>

namespace train {
namespace {

namespace fs = std::filesystem;
using torch::serialize::InputArchive;
using torch::serialize::OutputArchive;

/// Opens every checkpoint, and is followed by its version and a line break.
constexpr std::string_view heading = "fettle training checkpoint ";
/// Raised when what follows the digest changes.
constexpr int version = 4;

std::string sha256(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1)
        throw fettle::Error(fettle::Fault::plugin, "the digest of a checkpoint could not be computed");
    return {reinterpret_cast<const char*>(digest.data()), length};
}

/// A checkpoint's archive, or why there is none.
struct Payload {
    std::string bytes, fault;
};

Payload payload(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    const Payload damaged{{}, "is damaged or cut short"};
    const std::size_t line = bytes.find('\n');
    if (!bytes.starts_with(heading) || line == std::string::npos) return damaged;
    int found = 0;
    std::from_chars(bytes.data() + heading.size(), bytes.data() + line, found);
    if (found != version)
        return {
            {},
            "is of version " + std::to_string(found) + ", and this program reads version " + std::to_string(version)};
    const std::string_view rest = std::string_view(bytes).substr(line + 1);
    const std::size_t digest = sha256({}).size();
    if (rest.size() < digest || sha256(rest.substr(digest)) != rest.substr(0, digest)) return damaged;
    return {std::string(rest.substr(digest)), {}};
}

/// The first line in which two texts differ, of each.
std::string first_difference(const std::string& theirs, const std::string& ours) {
    std::istringstream left(theirs), right(ours);
    std::string a, b;
    do {
        a.clear(), b.clear();
        std::getline(left, a), std::getline(right, b);
    } while (a == b && left && right);
    return "`" + a + "` there, `" + b + "` here";
}

/// What an archive keeps under a name.
torch::IValue value(InputArchive& archive, const std::string& key) {
    torch::IValue value;
    archive.read(key, value);
    return value;
}
fettle::Tensor tensor(InputArchive& archive, const std::string& key) {
    fettle::Tensor tensor;
    archive.read(key, tensor);
    return tensor;
}
std::vector<double> numbers(InputArchive& archive, const std::string& key) {
    const fettle::Tensor values = tensor(archive, key).cpu();
    return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}
void put(OutputArchive& archive, const std::string& key, const std::vector<double>& numbers) {
    archive.write(key, torch::tensor(numbers, torch::kFloat64), /*is_buffer=*/true);
}

void put(OutputArchive& archive, const std::string& key, const Weights& weights) {
    OutputArchive inner;
    for (const auto& each : weights) inner.write(each.key(), each.value(), /*is_buffer=*/true);
    archive.write(key, inner);
}
/// Fills `weights`, which are of the same network.
void fill(InputArchive& archive, const std::string& key, Weights& weights) {
    InputArchive inner;
    archive.read(key, inner);
    Weights stored;
    for (const auto& each : weights) stored.insert(each.key(), tensor(inner, each.key()));
    assign(weights, stored);
}

void put(OutputArchive& archive, const Progress& progress) {
    archive.write("step", torch::IValue(progress.step));
    archive.write("epoch", torch::IValue(progress.epoch));
    archive.write("images", torch::IValue(progress.images));
    archive.write("seen", torch::IValue(progress.seen));
    archive.write("seconds", torch::IValue(progress.seconds));
    put(archive, "sums", progress.sums);
    archive.write("watched best", torch::IValue(progress.watch.best));
    archive.write("waited", torch::IValue(progress.watch.waited));
    archive.write("falls", torch::IValue(progress.watch.falls));
    archive.write("best loss", torch::IValue(progress.best));
    archive.write("best epoch", torch::IValue(progress.best_epoch));
    archive.write("masked", torch::IValue(progress.masked));
    archive.write("curves", torch::IValue(static_cast<std::int64_t>(progress.curves.size())));
    for (std::size_t i = 0; i < progress.curves.size(); ++i) {
        const std::string name = "curve " + std::to_string(i);
        archive.write(name, torch::IValue(progress.curves[i].name));
        put(archive, name + " steps", progress.curves[i].steps);
        put(archive, name + " values", progress.curves[i].values);
    }
}

Progress progress_from(InputArchive& archive) {
    Progress progress;
    progress.step = value(archive, "step").toInt();
    progress.epoch = value(archive, "epoch").toInt();
    progress.images = value(archive, "images").toInt();
    progress.seen = value(archive, "seen").toInt();
    progress.seconds = value(archive, "seconds").toDouble();
    progress.sums = numbers(archive, "sums");
    progress.watch = {value(archive, "watched best").toDouble(), value(archive, "waited").toInt(),
                      value(archive, "falls").toInt()};
    progress.best = value(archive, "best loss").toDouble();
    progress.best_epoch = value(archive, "best epoch").toInt();
    progress.masked = value(archive, "masked").toInt();
    const std::int64_t curves = value(archive, "curves").toInt();
    for (std::int64_t i = 0; i < curves; ++i) {
        const std::string name = "curve " + std::to_string(i);
        progress.curves.push_back({value(archive, name).toStringRef(), numbers(archive, name + " steps"),
                                   numbers(archive, name + " values")});
    }
    return progress;
}

}  // namespace

void Checkpoints::write(const State& state) const {
    OutputArchive archive, optimisation;
    archive.write("architecture", torch::IValue(architecture_));
    archive.write("work", torch::IValue(work_));
    put(archive, "network", tensors_of(state.net));
    state.optimiser.save(optimisation);
    archive.write("optimiser", optimisation);
    if (state.average) put(archive, "average", state.average->weights());
    if (state.best) put(archive, "best", *state.best);
    put(archive, state.progress);
    std::ostringstream stream;
    archive.save_to(stream);
    const std::string bytes = stream.str();

    const fs::path beside = folder_ / "training.unfinished";
    std::ofstream file(beside, std::ios::binary);
    file << heading << version << '\n' << sha256(bytes) << bytes;
    file.close();
    std::error_code error;
    bool kept = static_cast<bool>(file);
    if (kept) try {
            fettle::make_durable(beside);
            fs::rename(newest(), previous(), error);  // there is none the first time
            fs::rename(beside, newest(), error);
            kept = !error;
            fettle::make_durable(folder_);
        } catch (const fettle::Error&) {  // the disk is full, or refuses
            kept = false;
        }
    if (!kept) {
        fs::remove(beside, error);
        throw fettle::Error(fettle::Fault::storage, "a checkpoint could not be written to `" + folder_.string() + "`")
            .help("is the disk full, or the folder write-protected?");
    }
}

bool Checkpoints::restore(const State& state, const fettle::Context& context) const {
    for (const fs::path& path : {newest(), previous()}) {
        if (!fs::exists(path)) continue;
        const auto pass_over = [&](const std::string& why) {
            const bool last = path == previous() || !fs::exists(previous());
            context.warn_this_time("the checkpoint `" + path.string() + "` " + why + "; it is passed over, and " +
                                   (last ? "training begins anew" : "the one before it is looked at"));
        };
        const auto [bytes, fault] = payload(path);
        if (!fault.empty()) {
            pass_over(fault);
            continue;
        }
        InputArchive archive, optimisation;
        archive.load_from(bytes.data(), bytes.size(), fettle::torch_device(context.device()));
        const std::string architecture = value(archive, "architecture").toStringRef();
        const std::string work = value(archive, "work").toStringRef();
        if (architecture != architecture_ || work != work_) {
            pass_over(architecture != architecture_
                          ? "is of another architecture: " + first_difference(architecture, architecture_)
                          : "belongs to another training: " + first_difference(work, work_));
            continue;
        }
        // Copied into the tensors that are there, so that they keep their memory format.
        Weights weights = tensors_of(state.net);
        fill(archive, "network", weights);
        archive.read("optimiser", optimisation);
        state.optimiser.load(optimisation);
        if (state.average) fill(archive, "average", state.average->weights());
        state.progress = progress_from(archive);
        if (state.progress.best_epoch > 0) fill(archive, "best", state.best.emplace(copy_of(weights)));
        return true;
    }
    return false;
}

}  // namespace train
