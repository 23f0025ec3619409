// Names that only some file systems tell apart.
#include "runner/store/folded_names.hpp"

#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;
namespace fs = std::filesystem;

namespace {

struct NamesFixture {
    void put(std::string const& file) {
        fs::create_directories(fs::path(directory / file).parent_path());
        put_content(directory / file, file);
    }

    TempDirectory directory;
    FoldedNames names{directory.path()};
};

constexpr auto composed = "caf\u00e9.png";
constexpr auto decomposed = "cafe\u0301.png";

} // namespace

BOOST_FIXTURE_TEST_SUITE(folded_names, NamesFixture)

BOOST_AUTO_TEST_CASE(a_name_on_the_disk_keeps_others_from_differing_in_case_or_form) {
    struct Row {
        std::string there, name;
        bool has_other;
    };
    Row const rows[] = {
        {"1/a.png", "1/a.png", false},
        {"2/a.png", "2/A.png", true},
        {"3/A.png", "3/a.png", true},
        {"4/A.png", "4/A.png", false},
        {"5/aB.png", "5/Ab.png", true},
        {"6/a.png", "6/b.png", false},
        {"7/a.png", "8/A.png", false},
        {"Cars/a.png", "cars/a.png", true},
        {"bus/a.png", "Bus/a.png", true},
        {"9/\u00c4.png", "9/\u00e4.png", true},
        {std::string("10/") + composed, std::string("10/") + decomposed, true},
        {std::string("11/") + decomposed, std::string("11/") + composed, true},
        {std::string("12/") + decomposed, std::string("12/") + decomposed, false},
    };
    for (auto const& [there, name, has_other] : rows) {
        put(there);
        BOOST_TEST(names.has_other(name) == has_other, there << " and " << name);
    }
}

BOOST_AUTO_TEST_CASE(a_name_that_was_given_counts_before_there_is_a_file) {
    names.add("images/Fox.png");
    BOOST_TEST(names.has_other("images/fox.png"));
    BOOST_TEST(!names.has_other("images/Fox.png"));
    names.forget("images/Fox.png");
    BOOST_TEST(!names.has_other("images/fox.png"));
}

BOOST_AUTO_TEST_SUITE_END()
