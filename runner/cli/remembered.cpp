#include "runner/cli/remembered.hpp"

#include "runner/cli/exit_code.hpp"
#include "runner/store/file.hpp"
#include "runner/store/journal_meta.hpp"

#include <fmt/format.h>

namespace darkroom::cli {

std::string journal_of(std::string const& directory) {
    auto path = directory + "/journal.db";
    if (!store::exists(path))
        throw Quit(ExitCode::no_input, fmt::format("{} is no run directory: it has no journal.db; "
                                                   "give the directory of a run, like out/cars",
                                                   directory));
    return path;
}

Job remembered_job(std::string const& directory, Say say) {
    auto const memory = store::recall(journal_of(directory), memory_of_job);
    if (memory.has_error()) throw Quit(ExitCode::disk, memory.error().message());
    if (!*memory)
        throw Quit(ExitCode::no_input, fmt::format("{} does not remember its job file; use "
                                                   "'darkroom run FILE --output {}' once",
                                                   directory, directory));
    return from_memory(**memory, say);
}

std::optional<std::string> common_memory(std::vector<std::string> const& directories) {
    std::optional<std::string> common;
    for (auto const& directory : directories) {
        auto const memory = or_quit(store::recall(journal_of(directory), memory_of_job));
        if (!memory) return std::nullopt;
        auto const whole = without_part(*memory);
        if (common && *common != whole) return std::nullopt;
        common = whole;
    }
    return common;
}

} // namespace darkroom::cli
