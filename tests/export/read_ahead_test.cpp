// What threads do for an export, in its order.
#include "runner/export/behind_writer.hpp"
#include "runner/export/read_ahead.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

using namespace darkroom;
using namespace darkroom::exports;

namespace {

struct AheadFixture {
    std::vector<Entry> entries = std::vector<Entry>(1000);
    std::atomic<std::size_t> prepared = 0;
    ReadAhead ahead{entries, [this](std::size_t entry, OpenedPicture& picture) -> Result<> {
                        ++prepared;
                        if (entry == 150) return Error(Errc::not_ours, "the 150th");
                        picture.why = std::to_string(entry);
                        return {};
                    }};

    std::string next(std::size_t entry) {
        auto const picture = ahead.next(entry);
        return picture.has_value() ? (*picture)->why : picture.error().detail;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(read_ahead)

BOOST_FIXTURE_TEST_CASE(pictures_and_errors_come_in_their_order, AheadFixture) {
    for (std::size_t i = 0; i < 150; ++i) BOOST_TEST(next(i) == std::to_string(i));
    BOOST_TEST(next(150) == "the 150th");
}

BOOST_FIXTURE_TEST_CASE(what_waits_has_a_bound, AheadFixture) {
    BOOST_TEST(next(0) == "0");
    BOOST_TEST(prepared <= ReadAhead::pictures_max + 2 * ReadAhead::batch_pictures);
}

BOOST_FIXTURE_TEST_CASE(another_entry_than_the_next_can_be_asked_for, AheadFixture) {
    BOOST_TEST(next(0) == "0");
    BOOST_TEST(next(100) == "100");
    BOOST_TEST(next(101) == "101");
    BOOST_TEST(next(3) == "3");
}

BOOST_AUTO_TEST_CASE(large_pictures_are_prepared_a_few_at_a_time) {
    std::vector<Entry> entries(100);
    for (auto& entry : entries) entry.bytes = ReadAhead::bytes_max / 2;
    std::atomic<std::size_t> prepared = 0;
    ReadAhead ahead(entries, [&prepared](std::size_t, OpenedPicture&) -> Result<> {
        ++prepared;
        return {};
    });
    for (std::size_t i = 0; i < 10; ++i) {
        BOOST_TEST(ahead.next(i).has_value());
        BOOST_TEST(prepared <= i + 3);
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_written_behind_has_all_pieces_in_order) {
    auto const place = std::filesystem::temp_directory_path();
    Descriptor const directory(
        ::openat(AT_FDCWD, place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    auto file =
        OutputFile::create(directory.number(), "darkroom-behind-" + std::to_string(::getpid()));
    BOOST_TEST_REQUIRE(file.has_value());
    BehindWriter writer;
    std::string all;
    for (char c = 'a'; c <= 'z'; ++c) {
        std::string const piece(100'000, c);
        all += piece;
        BOOST_TEST(writer.write(*file, piece).has_value());
    }
    BOOST_TEST(writer.finish().has_value());
    BOOST_TEST((file->finish().value() == sha256(all)));
    BOOST_TEST((digest_of(file->descriptor(), all.size(), "part").value() == sha256(all)));
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_behind_says_so) {
    OutputFile closed;
    BehindWriter writer;
    bool const is_taken = writer.write(closed, std::string(1'000'000, 'x')).has_value();
    BOOST_TEST((!is_taken || writer.finish().has_error()));
}

BOOST_AUTO_TEST_SUITE_END()
