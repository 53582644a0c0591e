#include "graph/digest.hpp"

#include <fettle/error.hpp>

#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <vector>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;

class Sha256 {
   public:
    Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
        EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
    }
    void add(const void* bytes, std::size_t count) { EVP_DigestUpdate(context_.get(), bytes, count); }
    std::string hex() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
        unsigned int length = 0;
        EVP_DigestFinal_ex(context_.get(), digest.data(), &length);
        constexpr char digits[] = "0123456789abcdef";
        std::string out;
        for (unsigned int i = 0; i < length; ++i) {
            out += digits[digest[i] >> 4];
            out += digits[digest[i] & 15];
        }
        return out;
    }

   private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

/// JSON holds nothing else, and a file's name may be any bytes.
bool is_utf8(const std::string& text) {
    try {
        nlohmann::json(text).dump();
        return true;
    } catch (const nlohmann::json::type_error&) {
        return false;
    }
}

/// Whether a link leads to a folder that it lies in, so that following it would never end.
bool leads_back(const fs::path& link) {
    const fs::path target = fs::canonical(link), place = fs::canonical(link.parent_path());
    return std::mismatch(target.begin(), target.end(), place.begin(), place.end()).first == target.end();
}

/// What differs once a file was written. The time of the last write is anybody's to set (`cp -p`, `touch`, a clock set
/// back); the time of the last change and the number of the file aren't.
std::string stamp_of(const fs::path& file) {
    struct stat status {};
    if (stat(file.c_str(), &status) != 0)
        throw fs::filesystem_error("can't be read", file, std::error_code(errno, std::generic_category()));
    std::string out = std::to_string(status.st_size) + " " + std::to_string(status.st_ino);
    for (const timespec& time : {status.st_mtim, status.st_ctim})
        out += " " + std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec);
    return out;
}

}  // namespace

std::string sha256(std::string_view bytes) {
    Sha256 digest;
    digest.add(bytes.data(), bytes.size());
    return digest.hex();
}

std::string sha256_file(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw fs::filesystem_error("can't be read", file, std::error_code(errno, std::generic_category()));
    Sha256 digest;
    std::vector<char> buffer(1 << 18);
    while (stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || stream.gcount() > 0)
        digest.add(buffer.data(), static_cast<std::size_t>(stream.gcount()));
    if (stream.bad()) throw fs::filesystem_error("can't be read", file, std::make_error_code(std::errc::io_error));
    return digest.hex();
}

DigestStore::DigestStore(fs::path memory, std::function<bool()> stop)
    : memory_(std::move(memory)), stop_(std::move(stop)) {
    std::ifstream file(memory_);
    const auto json = file ? nlohmann::json::parse(file, nullptr, false) : nlohmann::json();
    if (!json.is_object()) return;
    for (const auto& [path, entry] : json.items())
        if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string())
            known_[path] = {entry[0], entry[1]};
}

DigestStore::~DigestStore() {
    if (!changed_ || memory_.empty()) return;
    nlohmann::json json = nlohmann::json::object();
    for (const auto& [path, entry] : known_)
        if (is_utf8(path)) json[path] = {entry.first, entry.second};  // the others are read again
    std::error_code error;
    fs::create_directories(memory_.parent_path(), error);
    const fs::path beside = memory_.string() + "." + std::to_string(getpid());
    {
        std::ofstream file(beside);
        file << json.dump(0);
        if (!file.flush()) {
            fs::remove(beside, error);
            return;
        }
    }
    fs::rename(beside, memory_, error);
}

std::string DigestStore::of_file(const fs::path& file) {
    const std::string stamp = stamp_of(file);
    const std::string name = fs::absolute(file).string();
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = known_.find(name); known != known_.end() && known->second.first == stamp)
            return known->second.second;
    }
    if (stop_ && stop_()) throw Interrupted();
    const std::string digest = sha256_file(file);
    const std::lock_guard lock(mutex_);
    known_[name] = {stamp, digest};
    changed_ = true;
    return digest;
}

DigestStore::Contents DigestStore::contents(const fs::path& path) {
    if (!fs::exists(path)) return {};
    if (!fs::is_directory(path)) return {{path.filename().string(), of_file(path)}};
    std::vector<fs::path> files;
    const auto options = fs::directory_options::follow_directory_symlink;
    for (auto entry = fs::recursive_directory_iterator(path, options); entry != fs::end(entry); ++entry)
        if (entry->is_directory()) {
            if (entry->is_symlink() && leads_back(entry->path())) entry.disable_recursion_pending();
        } else if (entry->is_regular_file()) {
            files.push_back(entry->path());
        }
    std::sort(files.begin(), files.end());
    Contents out;
    for (const fs::path& file : files) out.emplace_back(file.lexically_relative(path).generic_string(), of_file(file));
    return out;
}

std::string DigestStore::of(const fs::path& path) {
    const Contents found = contents(path);
    {
        const std::lock_guard lock(mutex_);
        told_.try_emplace(path.string(), found);
    }
    if (!fs::is_directory(path)) return found.empty() ? "missing" : found[0].first + " " + found[0].second;
    std::string text;
    for (const auto& [name, digest] : found) text += name + "\n" + digest + "\n";
    return sha256(text);
}

std::string DigestStore::changed(const fs::path& path, const std::vector<fs::path>& but) {
    const auto counts = [&](const std::string& name) {
        const fs::path file = fs::weakly_canonical(path / name);
        return std::none_of(but.begin(), but.end(), [&](const fs::path& folder) {
            const fs::path place = fs::weakly_canonical(folder);
            return std::mismatch(place.begin(), place.end(), file.begin(), file.end()).first == place.end();
        });
    };
    const Contents now = contents(path);
    const std::lock_guard lock(mutex_);
    const auto told = told_.find(path.string());
    if (told == told_.end() || told->second == now) return {};
    const std::map<std::string, std::string> before(told->second.begin(), told->second.end());
    std::map<std::string, std::string> gone = before;
    for (const auto& [name, digest] : now) {
        gone.erase(name);
        const auto known = before.find(name);
        if (known != before.end() && known->second == digest) continue;
        if (!counts(name)) continue;
        if (known == before.end()) return "`" + name + "` is new";
        return "`" + name + "` has other content";
    }
    for (const auto& [name, digest] : gone)
        if (counts(name)) return "`" + name + "` is gone";
    return {};
}

}  // namespace fettle::runtime
