// The fixture of a test with files: a temporary directory, and a loop with real threads.
#pragma once

#include "runner/store/journal.hpp"
#include "runner/store/run_folder.hpp"
#include "tests/support/loop_fixture.hpp"

#include <boost/assert/source_location.hpp>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

namespace darkroom::test {

/// An empty directory, removed with its contents.
class TempDirectory {
public:
    TempDirectory();
    ~TempDirectory();
    TempDirectory(TempDirectory const&) = delete;
    TempDirectory& operator=(TempDirectory const&) = delete;
    std::string path() const { return path_.string(); }
    std::string operator/(std::string const& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

/// Limits the size of files this process may write while it exists: a full disk.
class FileSizeLimit {
public:
    explicit FileSizeLimit(std::uint64_t bytes);
    ~FileSizeLimit();
    FileSizeLimit(FileSizeLimit const&) = delete;
    FileSizeLimit& operator=(FileSizeLimit const&) = delete;

private:
    std::uint64_t before_;
};

/// Lets this process open only `more` files beyond those that are open, while it exists.
class OpenFilesLimit {
public:
    explicit OpenFilesLimit(std::uint64_t more);
    ~OpenFilesLimit();
    OpenFilesLimit(OpenFilesLimit const&) = delete;
    OpenFilesLimit& operator=(OpenFilesLimit const&) = delete;

private:
    std::uint64_t before_;
};

std::string content_of(std::string const& path);
void put_content(std::string const& path, std::string const& bytes);

/// Returns the value, or fails the test with the error.
template <class T>
T must(Result<T> result, boost::source_location where = BOOST_CURRENT_LOCATION) {
    if (result.has_error())
        throw std::runtime_error(result.error().message() + " at line " +
                                 std::to_string(where.line()));
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Short ways to make facts. A step is identified by its number.
Digest step_number(int number);
engine::StepInfo info_number(int number);
engine::Event submitted(int step, jobs::Micros price = 26'000);
engine::Event accepted(int step, std::string task_id);
engine::Event finished(int step, jobs::Micros cost = 26'000);
engine::Event failed(int step, engine::Verdict verdict, bool is_final);
engine::Event saved(int step, std::string file, int tile = 0);
engine::Event event_of(int step, engine::Fact fact);

} // namespace darkroom::test
