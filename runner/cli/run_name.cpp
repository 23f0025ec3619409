#include "runner/cli/run_name.hpp"

#include "runner/cli/exit_code.hpp"
#include "runner/store/journal_meta.hpp"

#include <fmt/format.h>

#include <random>
#include <string_view>
#include <sys/stat.h>

namespace darkroom::cli {

namespace {

/// The journal keeps the name under this one: never changed.
constexpr std::string_view directory_key = "directory";

std::string random_name() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}{:08x}", random(), random(), random());
}

} // namespace

ledger::RunName run_name_of(std::string const& journal) {
    auto name = or_quit(store::read_meta(journal, directory_key));
    if (!name) {
        name = random_name();
        or_quit(store::write_meta(journal, directory_key, *name, store::Durability::soon));
    }
    struct stat file {};
    if (::stat(journal.c_str(), &file) != 0) return {*name, *name};
    // the number of a disk may change with a boot
    return {fmt::format("{}/{}", *name, file.st_ino), *name};
}

} // namespace darkroom::cli
