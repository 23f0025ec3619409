// The lines of a manifest are found by their steps.
#include "runner/store/manifest_index.hpp"

#include "runner/store/manifest_line.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;

namespace {

/// Returns keys that agree in their first bytes, so that they are not spread evenly.
std::vector<Digest> keys_after(std::uint8_t first, std::size_t same_bytes, int count) {
    std::vector<Digest> keys;
    for (int i = 0; i < count; ++i) {
        keys.push_back(step_number(i));
        std::fill_n(keys.back().begin(), same_bytes, first);
    }
    return keys;
}

std::string line_of(Digest const& key) {
    engine::StepState state;
    for (auto const& event : {submitted(1), finished(1), saved(1, "1.png")}) state.apply(event);
    auto event = saved(1, "1.png");
    event.step = key;
    return manifest_line(event, state) + '\n';
}

} // namespace

BOOST_AUTO_TEST_SUITE(manifest_index)

BOOST_AUTO_TEST_CASE(each_step_is_found_however_the_keys_are_spread) {
    for (auto const& keys :
         {keys_after(0, 0, 0), keys_after(0, 0, 1), keys_after(0, 0, 2000), keys_after(0, 8, 2000),
          keys_after(255, 8, 2000), keys_after(128, 12, 2000), keys_after(7, 1, 2000)}) {
        TempDirectory const directory;
        auto const folder = must(RunFolder::open(directory / "run"));
        std::string text;
        std::map<std::uint64_t, Digest> at;
        for (auto const& key : keys) {
            for (int copy = 0; copy < 1 + key[30] % 3; ++copy) {
                at[text.size()] = key;
                text += line_of(key);
            }
        }
        put_content(folder.manifest(), text);
        auto index = must(ManifestIndex::read(folder, text.size(), keys.size()));
        BOOST_TEST(index.size() == at.size());
        for (auto const& key : keys) {
            auto const lines = index.lines_of(key);
            BOOST_REQUIRE(lines.size() == 1u + key[30] % 3);
            for (auto const& line : lines) BOOST_REQUIRE((at.at(line.offset) == key));
            auto other = key;
            other[15] ^= 1;
            BOOST_REQUIRE(index.lines_of(other).empty());
        }
        for (int const byte : {0, 7, 128, 255}) {
            Digest other{};
            other.fill(static_cast<std::uint8_t>(byte));
            BOOST_TEST(index.lines_of(other).empty());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
