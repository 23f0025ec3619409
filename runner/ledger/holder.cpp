#include "runner/ledger/holder.hpp"

#include "runner/base/number.hpp"
#include "runner/base/whole_file.hpp"
#include "runner/store/send_marks.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace darkroom::ledger {

namespace {

constexpr std::size_t stat_bytes_max = 4096;

/// Reads the 22nd word of /proc/PID/stat; the second one is in brackets and may hold anything.
std::optional<std::int64_t> start_of(std::int64_t pid) {
    auto const text = read_whole_file(fmt::format("/proc/{}/stat", pid), stat_bytes_max);
    if (text.has_error()) return std::nullopt;
    std::string_view rest = *text;
    auto const bracket = rest.rfind(')');
    if (bracket == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(bracket + 1);
    constexpr int words_before = 20; // from the third word on
    for (int word = 0; word < words_before; ++word) {
        auto const blank = rest.find(' ');
        if (blank == std::string_view::npos) return std::nullopt;
        rest.remove_prefix(blank + 1);
    }
    return parse_whole<std::int64_t>(rest.substr(0, rest.find(' ')));
}

std::string boot_and_space() {
    struct stat space {};
    bool const is_known = ::stat("/proc/self/ns/pid", &space) == 0;
    return fmt::format("{}/{}", store::present_boot(), is_known ? space.st_ino : 0);
}

std::string_view boot_of(std::string_view boot) { return boot.substr(0, boot.find('/')); }

} // namespace

Holder this_process() {
    auto const pid = static_cast<std::int64_t>(::getpid());
    return {pid, start_of(pid).value_or(0), boot_and_space()};
}

bool is_alive(Holder const& holder) {
    if (holder.pid == 0) return false;
    static std::string const here = boot_and_space();
    if (holder.boot == here) return start_of(holder.pid) == holder.start;
    return boot_of(holder.boot) == boot_of(here);
}

} // namespace darkroom::ledger
