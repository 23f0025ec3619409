#include "runner/cli/open_files.hpp"

#include "runner/cli/exit_code.hpp"

#include <fmt/format.h>

#include <sys/resource.h>

namespace darkroom::cli {

std::string lack_of_files(jobs::JobFile const& file, jobs::Limits const& limits) {
    constexpr rlim_t others = 40; // the journal, the manifest, the terminal, parked downloads
    rlimit open{};
    if (::getrlimit(RLIMIT_NOFILE, &open) != 0) return {};
    auto const streams = static_cast<rlim_t>(limits.concurrency);
    auto const downloads = static_cast<rlim_t>(limits.downloads_at_once());
    rlim_t const ends = file.service.url == "local" ? 2 : 1; // both ends are ours
    auto const files = downloads + static_cast<rlim_t>(limits.landings_at_once());
    auto const needed = others + ends * (streams + downloads) + files;
    if (needed <= open.rlim_cur) return {};
    return fmt::format("{} generations and {} downloads at once need {} open files, the system "
                       "allows {}: lower limits.concurrency, or raise 'ulimit -n'",
                       streams, downloads, needed, open.rlim_cur);
}

void raise_open_files_limit(jobs::JobFile const& file) {
    rlimit open{};
    if (::getrlimit(RLIMIT_NOFILE, &open) != 0) return;
    open.rlim_cur = open.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &open) != 0) ::getrlimit(RLIMIT_NOFILE, &open);
    auto const why = lack_of_files(file, file.limits);
    if (!why.empty()) throw Quit(ExitCode::usage, why);
}

} // namespace darkroom::cli
