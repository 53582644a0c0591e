#include "checkpoint.hpp"

#include <torch/serialize/archive.h>

#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <optional>
#include <sstream>

namespace train {
namespace {

namespace fs = std::filesystem;

/// Raised when what follows the digest changes.
constexpr std::string_view heading = "fettle training checkpoint 1\n";

std::string sha256(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1)
        throw fettle::Error(fettle::Fault::plugin, "the digest of a checkpoint could not be computed");
    return {reinterpret_cast<const char*>(digest.data()), length};
}

/// The archive behind heading and digest; nothing where either is wrong.
std::optional<std::string> payload(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    const std::size_t start = heading.size() + sha256({}).size();
    if (bytes.size() < start || !bytes.starts_with(heading)) return std::nullopt;
    const std::string_view digest = std::string_view(bytes).substr(heading.size(), start - heading.size());
    if (sha256(std::string_view(bytes).substr(start)) != digest) return std::nullopt;
    return bytes.substr(start);
}

/// The tensors of `net` by name.
torch::OrderedDict<std::string, torch::Tensor> tensors_of(const torch::nn::Module& net) {
    auto tensors = net.named_parameters();
    tensors.update(net.named_buffers());
    return tensors;
}

torch::Tensor read(torch::serialize::InputArchive& archive, const std::string& key) {
    torch::Tensor tensor;
    archive.read(key, tensor);
    return tensor;
}

}  // namespace

void Checkpoints::write(const torch::nn::Module& net, const torch::optim::Optimizer& optimizer,
                        const Progress& progress) const {
    torch::serialize::OutputArchive archive, weights, optimisation;
    for (const auto& tensor : tensors_of(net)) weights.write(tensor.key(), tensor.value(), /*is_buffer=*/true);
    optimizer.save(optimisation);
    archive.write("work", torch::IValue(work_));
    archive.write("network", weights);
    archive.write("optimiser", optimisation);
    archive.write("step", torch::IValue(progress.step));
    archive.write("loss_sum", torch::IValue(progress.loss_sum));
    archive.write("images", torch::IValue(progress.images));
    archive.write("losses", torch::tensor(progress.losses, torch::kFloat64), /*is_buffer=*/true);
    std::ostringstream stream;
    archive.save_to(stream);
    const std::string bytes = stream.str();

    const fs::path beside = folder_ / "training.unfinished";
    std::ofstream file(beside, std::ios::binary);
    file << heading << sha256(bytes) << bytes;
    file.close();
    std::error_code error;
    if (file) {
        fs::rename(newest(), previous(), error);  // there is none the first time
        fs::rename(beside, newest(), error);
    }
    if (!file || error) {
        fs::remove(beside, error);
        throw fettle::Error(fettle::Fault::storage, "a checkpoint could not be written to `" + folder_.string() + "`")
            .help("is the disk full, or the folder write-protected?");
    }
}

bool Checkpoints::restore(torch::nn::Module& net, torch::optim::Optimizer& optimizer, Progress& progress,
                          const fettle::Context& context) const {
    for (const fs::path& path : {newest(), previous()}) {
        if (!fs::exists(path)) continue;
        const auto pass_over = [&](const std::string& why) {
            context.warn("the checkpoint `" + path.string() + "` " + why + "; it is passed over");
        };
        const auto bytes = payload(path);
        if (!bytes) {
            pass_over("is damaged, cut short or of another version");
            continue;
        }
        torch::serialize::InputArchive archive, weights, optimisation;
        archive.load_from(bytes->data(), bytes->size());
        torch::IValue work, step, loss_sum, images;
        archive.read("work", work);
        if (work.toStringRef() != work_) {
            pass_over("belongs to another training");
            continue;
        }
        archive.read("network", weights);
        archive.read("optimiser", optimisation);
        archive.read("step", step);
        archive.read("loss_sum", loss_sum);
        archive.read("images", images);
        // Copied into the tensors that are there, so that they keep their memory format.
        const torch::NoGradGuard no_gradients;
        for (auto& tensor : tensors_of(net)) tensor.value().copy_(read(weights, tensor.key()));
        optimizer.load(optimisation);
        progress.step = step.toInt();
        progress.loss_sum = loss_sum.toDouble();
        progress.images = images.toInt();
        const torch::Tensor losses = read(archive, "losses");
        progress.losses.assign(losses.data_ptr<double>(), losses.data_ptr<double>() + losses.numel());
        return true;
    }
    return false;
}

}  // namespace train
