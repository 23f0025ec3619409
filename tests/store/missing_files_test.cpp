// Saved files that are not in their place, found without reading any.
#include "runner/store/missing_files.hpp"

#include "runner/store/part_note.hpp"

#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;

namespace {

using Missing = std::map<Digest, std::uint64_t>;

struct MissingFixture : LoopFixture {
    MissingFixture() {
        auto journal = must(SqliteJournal::open(executor(), folder.journal()));
        for (int step = 1; step <= 3; ++step) {
            auto const name = std::to_string(step) + ".png";
            for (auto const& event : {submitted(step), finished(step), saved(step, name)})
                must(run(journal->append(event)));
            put_image(name);
        }
    }

    /// A file of as many bytes as `saved()` says.
    void put_image(std::string const& name, std::size_t less = 0) {
        auto const image = std::get<engine::ImageSaved>(saved(1, name).fact).image;
        put_content(directory / name, std::string(image.bytes - less, 'x'));
    }

    Missing look(std::int64_t looked_at_max = paid_steps_looked_at_max) {
        auto reader = must(JournalReader::open(folder.journal()));
        return must(missing_files(reader, folder.path(), looked_at_max));
    }

    TempDirectory directory;
    RunFolder folder = must(RunFolder::open(directory.path()));
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(missing_files_of_a_directory, MissingFixture)

BOOST_AUTO_TEST_CASE(a_file_that_is_gone_or_cut_is_missed) {
    BOOST_TEST(look().empty());
    std::filesystem::remove(directory / "1.png");
    put_image("2.png", 1);
    BOOST_CHECK((look() == Missing{{step_number(1), 1}, {step_number(2), 1}}));
}

BOOST_AUTO_TEST_CASE(in_a_large_directory_only_files_with_something_in_parts_are_looked_for) {
    std::filesystem::remove(directory / "1.png");
    std::filesystem::remove(directory / "2.png");
    BOOST_TEST(look(2).empty());
    std::filesystem::create_directories(folder.parts());
    for (int step : {2, 3})
        put_content(part_path(folder.parts(), {step_number(step), 0}, 1), "damaged");
    put_content(folder.parts() + "/something else", "");
    BOOST_CHECK((look(2) == Missing{{step_number(2), 1}}));
}

BOOST_AUTO_TEST_SUITE_END()
