#include "runner/ledger/ledger_file.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

namespace darkroom::ledger {

namespace fs = std::filesystem;

namespace {

struct Folder {
    Folder() { fs::remove_all(path); }
    ~Folder() { fs::remove_all(path); }
    std::string path = fs::temp_directory_path() / fmt::format("darkroom-state-{}", ::getpid());
};

Environment environment_of(std::map<std::string, std::string> values) {
    return [values = std::move(values)](char const* name) {
        auto const found = values.find(name);
        return found == values.end() ? std::string() : found->second;
    };
}

} // namespace

BOOST_FIXTURE_TEST_CASE(the_folder_for_state_has_it_for_the_user_alone, Folder) {
    auto const found = find_ledger(environment_of({{"XDG_STATE_HOME", path}, {"HOME", "/none"}}));
    BOOST_TEST(found.path.starts_with(path + "/darkroom/ledger-"));
    BOOST_TEST(found.path.ends_with(".db"));
    struct stat info {};
    BOOST_TEST(::stat((path + "/darkroom").c_str(), &info) == 0);
    BOOST_TEST((info.st_mode & 0777) == 0700u);
    BOOST_TEST(!fs::exists(found.path));
}

BOOST_FIXTURE_TEST_CASE(else_the_home_has_it, Folder) {
    auto const home = find_ledger(environment_of({{"HOME", path}}));
    BOOST_TEST(home.path.starts_with(path + "/.local/state/darkroom/ledger-"));
    auto const relative = find_ledger(environment_of({{"XDG_STATE_HOME", "x"}, {"HOME", path}}));
    BOOST_TEST(relative.path == home.path);
}

BOOST_AUTO_TEST_CASE(without_one_in_the_environment_the_home_is_that_of_passwd) {
    BOOST_TEST(passwd_home().starts_with("/"));
}

BOOST_FIXTURE_TEST_CASE(a_folder_that_cannot_be_made_is_said, Folder) {
    fs::create_directories(path);
    std::string const file = path + "/file";
    fs::create_symlink("/proc/version", file);
    auto const found = find_ledger(environment_of({{"XDG_STATE_HOME", file}}));
    BOOST_TEST(found.path.empty());
    BOOST_TEST(found.why_not == file + "/darkroom cannot be made");
}

BOOST_AUTO_TEST_CASE(file_systems_of_the_network_are_known) {
    BOOST_TEST(is_of_network(0x6969));
    BOOST_TEST(is_of_network(static_cast<std::int32_t>(0xFF534D42)));
    BOOST_TEST(!is_of_network(0xEF53));
    BOOST_TEST(!is_of_network(0x01021994));
}

} // namespace darkroom::ledger
