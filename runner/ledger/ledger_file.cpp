#include "runner/ledger/ledger_file.hpp"

#include "runner/base/sha256.hpp"
#include "runner/base/whole_file.hpp"
#include "runner/store/file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <vector>

namespace darkroom::ledger {

namespace {

constexpr std::size_t machine_id_bytes_max = 256;

/// File systems that other machines can write to, by linux/magic.h; FUSE may be one, as sshfs is.
constexpr std::array<std::int64_t, 14> network_kinds = {
    0x6969,     0x517B,     0xFE534D42, 0xFF534D42, 0x65735546, 0x5346414F, 0x01021997,
    0x00C36400, 0x0BD00BD0, 0x47504653, 0x19830326, 0x7461636F, 0x01161970, 0x73757245};

/// Returns the path without its end, as long as nothing has that name.
std::string nearest_there(std::string path) {
    while (!store::exists(path) && path.size() > 1) {
        auto const slash = path.rfind('/');
        path.resize(slash == std::string::npos || slash == 0 ? 1 : slash);
    }
    return path;
}

/// Names this machine without saying its id, which is not for others.
std::string machine_name() {
    for (auto const* path : {"/etc/machine-id", "/var/lib/dbus/machine-id"}) {
        auto const id = read_whole_file(path, machine_id_bytes_max);
        if (id.has_value() && id->size() >= 32)
            return to_hex(hmac_sha256("darkroom", id->substr(0, 32))).substr(0, 16);
    }
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) return "here";
    return to_hex(hmac_sha256("darkroom", host.data())).substr(0, 16);
}

/// Makes the folder with those above it, which nobody else may read.
bool make_own_folder(std::string const& path) {
    auto const parent = path.substr(0, path.rfind('/'));
    if (!parent.empty() && !store::exists(parent) && !make_own_folder(parent)) return false;
    return ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST;
}

} // namespace

std::string passwd_home() {
    std::vector<char> space(16 * 1024);
    passwd entry{};
    passwd* found = nullptr;
    int const code = ::getpwuid_r(::geteuid(), &entry, space.data(), space.size(), &found);
    return code == 0 && found != nullptr && found->pw_dir != nullptr ? found->pw_dir : "";
}

bool is_of_network(std::int64_t kind) {
    auto const low = kind & 0xFFFFFFFF; // some are negative where the type is small
    return std::find(network_kinds.begin(), network_kinds.end(), low) != network_kinds.end();
}

LedgerFile find_ledger(Environment const& environment) {
    auto state = environment("XDG_STATE_HOME");
    if (!state.starts_with('/')) {
        auto home = environment("HOME");
        if (!home.starts_with('/')) home = passwd_home();
        if (!home.starts_with('/')) return {"", "there is no home directory"};
        state = home + "/.local/state";
    }
    auto const folder = state + "/darkroom";
    struct statfs system {};
    bool const is_known = ::statfs(nearest_there(folder).c_str(), &system) == 0;
    if (is_known && is_of_network(static_cast<std::int64_t>(system.f_type)))
        return {"", fmt::format("{} is on a network file system", folder)};
    if (!make_own_folder(folder)) return {"", fmt::format("{} cannot be made", folder)};
    return {fmt::format("{}/ledger-{}.db", folder, machine_name()), ""};
}

} // namespace darkroom::ledger
