#include "identity.hpp"

#include "output.hpp"
#include "tables.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdio>

namespace report {

std::string sha256(std::string_view bytes) {
    std::array<unsigned char, 32> digest{};
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    std::string out;
    for (const unsigned char byte : digest) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", byte);
        out += two;
    }
    return out;
}

std::string identity(const fettle::Report::Found& found, const fettle::GraphText& graph) {
    Json all;
    all["graph"] = {graph.name, graph.toml};
    for (const auto& judged : found.measures.judgements) all["judgements"].push_back(judgement(judged));
    for (const auto& each : found.measures.tables) all["tables"].push_back(table(each));
    for (const auto& row : found.measures.scores.rows)
        all["rows"].push_back({row.id, to_string(row.label), to_string(row.split)});
    for (const auto& column : found.measures.scores.columns) {
        Json values = {column.name};
        for (const double value : column.values) values.push_back(digits(value));
        all["scores"].push_back(std::move(values));
    }
    for (const auto& network : found.networks)
        for (const auto& curve : network->history) {
            Json values = {curve.name};
            for (const double value : curve.values) values.push_back(digits(value));
            all["curves"].push_back(std::move(values));
        }
    return sha256(text(all));
}

}  // namespace report
