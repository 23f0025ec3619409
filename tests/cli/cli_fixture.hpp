// The fixture of the command line's tests: a directory, an environment, and the exit code of a
// Quit.
#pragma once

#include "runner/cli/exit_code.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <string>

namespace darkroom::cli {

inline std::ostream& operator<<(std::ostream& out, ExitCode code) {
    return out << static_cast<int>(code);
}

} // namespace darkroom::cli

namespace darkroom::test {

/// Sets variables of the environment, and restores them at the end.
class Environment {
public:
    Environment() = default;
    ~Environment();
    Environment(Environment const&) = delete;
    Environment& operator=(Environment const&) = delete;

    void set(std::string const& name, std::string const& value);
    void unset(std::string const& name);

private:
    void keep(std::string const& name);

    std::map<std::string, std::optional<std::string>> before_;
};

/// An empty directory, removed at the end, and an environment without settings of its user.
struct CliFixture {
    CliFixture();
    ~CliFixture();
    CliFixture(CliFixture const&) = delete;
    CliFixture& operator=(CliFixture const&) = delete;

    std::string path(std::string const& name) const { return (directory / name).string(); }
    /// Writes a file and returns its path.
    std::string file(std::string const& name, std::string const& text) const;

    std::filesystem::path directory;
    Environment environment;
};

/// A Quit as a test compares it: its code and its text.
struct Ended {
    cli::ExitCode code = cli::ExitCode::ok;
    std::string text;
};
/// Runs `call` and returns the Quit that it throws; code `ok` when it throws none.
Ended end_of(std::function<void()> const& call);

} // namespace darkroom::test
