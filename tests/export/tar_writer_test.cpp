// Tar files, shard lists and samples.
#include "runner/export/tar_writer.hpp"

#include "runner/base/sha256.hpp"
#include "runner/export/shard_list.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::exports;

namespace {

std::string tar_text() {
    std::string text;
    auto writer = TarWriter::begin([&text](std::string_view bytes) -> Result<> {
        text += bytes;
        return {};
    });
    BOOST_TEST_REQUIRE(writer.has_value());
    BOOST_TEST(writer->add("cars-000000-abc.png", std::string(1000, 'x')).has_value());
    BOOST_TEST(writer->add("cars-000000-abc.json", "{}\n").has_value());
    BOOST_TEST(writer->add("cars-000000-abc.txt", "").has_value());
    BOOST_TEST(writer->finish().has_value());
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(tar_writer)

BOOST_AUTO_TEST_CASE(equal_contents_give_the_same_bytes_on_every_machine) {
    if (!TarWriter::why_missing().empty()) return;
    auto const text = tar_text();
    BOOST_TEST(text.size() == 10'240u);
    BOOST_TEST(text.substr(257, 5) == "ustar");
    BOOST_TEST(text.substr(100, 6) == "000644");
    BOOST_TEST(text.substr(136, 11) == "00000000000"); // no time
    BOOST_TEST(to_hex(sha256(text)) ==
               "5975a7252af9110764225e12b16429416b51c2ff872b2ced92bb252d7b968182");
    BOOST_TEST(text == tar_text());
}

BOOST_AUTO_TEST_CASE(an_error_of_the_file_ends_it) {
    if (!TarWriter::why_missing().empty()) return;
    auto writer = TarWriter::begin(
        [](std::string_view) -> Result<> { return system_error_of(ENOSPC, "write the shard"); });
    BOOST_TEST_REQUIRE(writer.has_value());
    auto const added = writer->add("a.png", std::string(3'000'000, 'x'));
    BOOST_TEST_REQUIRE(added.has_error());
    BOOST_TEST(added.error().message().find("write the shard") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_list_of_shards_reads_back) {
    Shard shard;
    shard.name = "train-000000.tar";
    shard.samples = 3;
    shard.bytes = 10'240;
    shard.sha256 = "ab";
    shard.entries = 3;
    shard.is_full = true;
    shard.fingerprint = "cd";
    auto text = write_shards({shard, shard});
    auto const read = read_shards(text);
    BOOST_TEST_REQUIRE(read.size() == 2u);
    BOOST_TEST(write_shards(read) == text);
    BOOST_TEST(read_shards(text.substr(0, text.size() - 5)).size() == 1u);
    BOOST_TEST(read_shards("").empty());
    BOOST_TEST(index_of(read).find(R"("samples":6,"bytes":20480)") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
