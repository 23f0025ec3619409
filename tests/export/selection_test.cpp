// The pictures of an export, in their order.
#include "runner/export/selection.hpp"

#include "runner/export/split_rule.hpp"
#include "tests/export/fake_source.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>

using namespace darkroom;
using namespace darkroom::exports;
using namespace darkroom::test;

namespace {

Options options_of(Format format, char const* split = "train=1") {
    Options options;
    options.format = format;
    options.split = *parse_split(split);
    return options;
}

std::vector<std::string> names_of(Selection const& selection) {
    std::vector<std::string> names;
    for (auto const& entry : selection.entries) names.push_back(entry.name);
    return names;
}

Selection selected(Sources const& from, Options const& options) {
    auto selection = select(from, options);
    BOOST_TEST_REQUIRE(selection.has_value());
    return std::move(*selection);
}

std::vector<engine::ManifestRow> some_rows() {
    std::vector<engine::ManifestRow> rows;
    for (std::uint64_t item = 0; item < 200; ++item) {
        auto root = row_of("cars", item);
        auto child = row_of("cars", item, "upscale1");
        child.parent_image_id = root.image_id;
        auto again = row_of("cars", item, "", 1);
        rows.insert(rows.end(), {root, child, again});
    }
    return rows;
}

} // namespace

BOOST_AUTO_TEST_SUITE(selection)

BOOST_AUTO_TEST_CASE(the_order_of_lines_makes_no_difference) {
    auto rows = some_rows();
    auto const options = options_of(Format::imagefolder);
    auto const names = names_of(selected(sources(rows), options));
    std::reverse(rows.begin(), rows.end());
    BOOST_TEST(names == names_of(selected(sources(rows), options)),
               boost::test_tools::per_element());
    BOOST_TEST(names.at(0) == "cars-000000");
    BOOST_TEST(names.at(1) == "cars-000000-upscale1");
    BOOST_TEST(names.at(2) == "cars-000000-r2");
}

BOOST_AUTO_TEST_CASE(an_item_is_in_one_split_whatever_else_is_exported) {
    auto const rows = some_rows();
    auto options = options_of(Format::imagefolder, "train=0.5,test=0.5");
    std::map<std::uint64_t, std::uint16_t> splits;
    for (auto const& entry : selected(sources(rows), options).entries)
        BOOST_TEST(splits.emplace(entry.item, entry.split).first->second == entry.split);
    options.filter.where = {{"none", ""}};
    BOOST_TEST(selected(sources(rows), options).entries.empty());
    options.filter = {};
    // Only the follow-ups of some items, in another job file's order.
    std::vector<engine::ManifestRow> fewer;
    for (auto const& row : rows)
        if (row.item % 3 == 0) fewer.insert(fewer.begin(), row);
    for (auto const& entry : selected(sources(fewer), options).entries)
        BOOST_TEST(splits.at(entry.item) == entry.split);
}

BOOST_AUTO_TEST_CASE(what_a_format_does_not_take_is_counted) {
    auto video = row_of("cars", 1);
    video.kind = "video";
    auto text = row_of("cars", 2);
    text.kind = "text";
    text.file = "";
    auto const all = sources({row_of("cars", 0), video, text});
    auto const images = selected(all, options_of(Format::imagefolder));
    BOOST_TEST(images.entries.size() == 1u);
    BOOST_TEST(images.left_out.videos == 1u);
    BOOST_TEST(images.left_out.texts == 1u);
    BOOST_TEST(selected(all, options_of(Format::folder)).entries.size() == 2u);
}

BOOST_AUTO_TEST_CASE(of_equal_pictures_the_first_stays) {
    auto same = row_of("cars", 5);
    same.sha256 = row_of("cars", 0).sha256;
    auto options = options_of(Format::folder);
    auto const all = sources({same, row_of("cars", 0), row_of("cars", 1)});
    BOOST_TEST(selected(all, options).entries.size() == 3u);
    options.dedup = true;
    auto const found = selected(all, options);
    BOOST_TEST(found.entries.size() == 2u);
    BOOST_TEST(found.entries.front().item == 0u);
    BOOST_TEST(found.left_out.duplicates == 1u);
}

BOOST_AUTO_TEST_CASE(pairs_bring_their_parents) {
    auto options = options_of(Format::imagefolder, "train=0.5,test=0.5");
    options.pairs = true;
    auto const found = selected(sources(some_rows()), options);
    BOOST_TEST(found.entries.size() == 400u); // no picture without parent or child
    for (auto const& entry : found.entries) {
        if (entry.path == found.entries.front().path) continue;
        BOOST_TEST_REQUIRE(entry.parent >= 0);
        auto const& parent = found.entries.at(static_cast<std::size_t>(entry.parent));
        BOOST_TEST(parent.item == entry.item);
        BOOST_TEST(parent.split == entry.split);
    }
}

BOOST_AUTO_TEST_CASE(a_grid_whose_tiles_are_listed_is_not_cut) {
    auto grid = row_of("cars", 0);
    grid.actions = {"upscale1", "upscale4"};
    auto other = row_of("cars", 1);
    other.actions = grid.actions;
    auto tile = grid;
    tile.tile = 1;
    auto options = options_of(Format::folder);
    options.tiles = true;
    auto const found = selected(sources({grid, tile, other}), options);
    BOOST_TEST(found.entries.size() == 2u);
    BOOST_TEST(!found.entries.at(0).is_grid);
    BOOST_TEST(found.entries.at(1).is_grid);
    BOOST_TEST(found.left_out.grids == 1u);
}

BOOST_AUTO_TEST_CASE(a_directory_has_a_label) {
    BOOST_TEST(label_of("out/cars") == "cars");
    BOOST_TEST(label_of("out/cars/") == "cars");
    BOOST_TEST(label_of("cars") == "cars");
    BOOST_TEST(label_of("/") == "run");
}

BOOST_AUTO_TEST_SUITE_END()
