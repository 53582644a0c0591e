// What tests of reports share: a folder of their own, small tables of measures, the data that stands in a page.
#pragma once

#include "report_material.hpp"

#include <fettle/error.hpp>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>
#include <limits>
#include <sstream>

namespace pages {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// A folder of the test's own, removed at its end unless FETTLE_KEEP says where to put what should stay.
class Report : public ::testing::Test {
   protected:
    void SetUp() override {
        const char* keep = std::getenv("FETTLE_KEEP");
        const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
        kept_ = keep != nullptr;
        folder_ = (kept_ ? fs::path(keep) : fs::temp_directory_path()) / ("fettle-report-" + name);
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    void TearDown() override {
        if (!kept_) fs::remove_all(folder_);
    }

    std::string written(const material::Run& run, const fettle::testing::Settings& settings = {}) {
        return read(material::write("report.html", run, folder_, settings) / "report.html");
    }
    static std::string read(const fs::path& path) {
        std::ifstream file(path, std::ios::binary);
        EXPECT_TRUE(file) << path;
        return {std::istreambuf_iterator<char>(file), {}};
    }

    /// The first shown sample's map: grey levels.
    fettle::Image map_shown(const std::string& page) const {
        const Json row = pictures_of(page, 0)[0];
        const std::string uri = row["pictures"][row["sets"][0]["map"].get<std::size_t>()];
        std::ofstream(folder_ / "map.base64") << uri.substr(uri.find(',') + 1);
        const std::string file = (folder_ / "map").string();
        EXPECT_EQ(std::system(("base64 -d " + file + ".base64 > " + file + ".jpg").c_str()), 0);
        return fettle::decode_image(fettle::read_bytes(file + ".jpg"), "map").image;
    }
    static Json pictures_of(const std::string& page, int part) {
        return json_of(page, "pictures" + std::to_string(part));
    }
    /// What stands in the page's element `id`.
    static Json json_of(const std::string& page, const std::string& id) {
        const std::string open = "<script type=\"application/json\" id=\"" + id + "\">";
        const auto begin = page.find(open) + open.size();
        return Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
    }

    fs::path folder_;
    bool kept_ = false;
};

inline fettle::Ref<fettle::Measures> measures(std::vector<fettle::SampleInfo> rows, std::vector<double> values,
                                              fettle::Judgement judged) {
    auto out = std::make_shared<fettle::Measures>();
    out->scores = *fakes::table(judged.cut.column, std::move(rows), std::move(values));
    out->judgements.push_back(std::move(judged));
    return out;
}

/// The data that stands in the page, as its script reads it.
inline Json data_of(const std::string& page) {
    const std::string open = "<script type=\"application/json\" id=\"data\">";
    const auto begin = page.find(open) + open.size();
    return Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

}  // namespace pages
