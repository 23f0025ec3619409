// Prints how long it takes to put the lines of a run directory in the order of a job file, and the
// memory of that. Usage: bench_arrange_lines JOB_FILE DIRECTORY
#include "jobs/read/load.hpp"
#include "runner/store/manifest_writer.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

using namespace darkroom;

template <class T>
T must(Result<T> result) {
    if (result.has_error()) throw std::runtime_error(result.error().message());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Reads the most that this program had: the figure of getrusage() begins with its parent's.
double memory_in_mb() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
    return 0;
}

/// Runs one part and prints its time.
template <class Work>
auto timed(char const* what, Work work) {
    auto const begun = std::chrono::steady_clock::now();
    auto result = work();
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - begun;
    fmt::print("{}: {:.1f} s, {:.0f} MB\n", what, took.count(), memory_in_mb());
    return result;
}

void arrange(std::string const& job_file, std::string const& directory) {
    auto const loaded = must(jobs::load_job_file(job_file, {}));
    if (!loaded.file) throw std::runtime_error(job_file + " is not right: see darkroom validate");
    auto const folder = must(store::RunFolder::open(directory));
    auto journal = must(store::JournalReader::open(folder.journal()));
    auto const writer = timed("check and repair",
                              [&] { return must(store::ManifestWriter::open(folder, journal)); });
    auto const plan = std::make_shared<jobs::Plan>(*loaded.file);
    store::PlanOfLines const order{[plan] { return plan->next(); }, jobs::Picks(),
                                   must(store::Layout::parse(loaded.file->output.layout)), nullptr};
    auto files = timed("arrange", [&] {
        return must(store::arrange_lines(folder, must(writer->present()), order));
    });
    bool const moved = timed("replace", [&] { return must(writer->adopt(std::move(files))); });
    fmt::print("{}\n", moved ? "lines were moved" : "every line stayed where it was");
}

} // namespace

int main(int argc, char** argv) {
    try {
        if (argc != 3) throw std::runtime_error("usage: bench_arrange_lines JOB_FILE DIRECTORY");
        arrange(argv[1], argv[2]);
        return 0;
    } catch (std::exception const& error) {
        fmt::print(stderr, "bench_arrange_lines: {}\n", error.what());
        return 1;
    }
}
