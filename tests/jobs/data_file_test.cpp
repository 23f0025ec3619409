// Small YAML and JSON files as data with places.
#include "jobs/yaml/data_file.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace darkroom;
using namespace darkroom::jobs;

namespace {

/// A file with this text that is deleted with the object.
struct Written {
    explicit Written(std::string const& text)
        : path(std::filesystem::temp_directory_path() /
               ("darkroom-data-" + std::to_string(::getpid()) + ".yaml")) {
        std::ofstream(path, std::ios::binary) << text;
    }
    ~Written() { std::filesystem::remove(path); }
    std::filesystem::path path;
};

} // namespace

BOOST_AUTO_TEST_SUITE(data_file)

BOOST_AUTO_TEST_CASE(yaml_and_json_give_the_same_values) {
    Written const yaml("seed: 7\nfaults:\n  - {do: cut, nth: 2, share: 0.5, body: '12'}\n"
                       "  - do: status\n    retry_after_date: true\n    body: plain words\n"
                       "    prompt: ~\n");
    auto const from_yaml = DataFile::load(yaml.path).value().value();
    auto const from_json =
        json::read(R"({"seed": 7, "faults": [{"do": "cut", "nth": 2, "share": 0.5, "body": "12"},
            {"do": "status", "retry_after_date": true, "body": "plain words", "prompt": null}]})");
    BOOST_TEST(json::write(from_yaml) == json::write(*from_json));
    Written const json_file(json::write(*from_json));
    BOOST_TEST(json::write(DataFile::load(json_file.path).value().value()) ==
               json::write(*from_json));
}

BOOST_AUTO_TEST_CASE(a_value_is_found_at_its_line_and_column) {
    Written const file("seed: 7\nfaults:\n  - do: cut\n    nth: 2\n");
    auto const data = DataFile::load(file.path).value();
    auto const name = file.path.string();
    BOOST_TEST(data.place({"faults", "0", "nth"}) == name + ":4:5");
    BOOST_TEST(data.place({"faults", "0", "absent"}) == name + ":3:5");
    BOOST_TEST(data.place({"absent"}) == name + ":1:1");
}

BOOST_AUTO_TEST_CASE(errors_of_a_file_have_their_place) {
    struct Row {
        char const* text;
        char const* part;
    };
    for (auto const& [text, part] : std::initializer_list<Row>{
             {"a: 1\na: 2\n", ":2:1: "}, {"a: [1\n", ":"}, {"a: 1\n\tb: 2\n", ":2:1: "}}) {
        Written const file(text);
        auto const read = DataFile::load(file.path);
        BOOST_REQUIRE_MESSAGE(read.has_error(), text);
        BOOST_TEST(read.error().detail.starts_with(file.path.string() + ":"));
        BOOST_TEST(read.error().detail.find(part) != std::string::npos, read.error().detail);
    }
    BOOST_TEST(DataFile::load("/nonexistent/faults.yaml").has_error());
}

BOOST_AUTO_TEST_CASE(a_file_without_an_end_is_refused) {
    auto const endless = DataFile::load("/dev/zero");
    BOOST_REQUIRE(endless.has_error());
    BOOST_TEST(endless.error().detail == "'/dev/zero' has more than 4.2 MB");
}

BOOST_AUTO_TEST_SUITE_END()
