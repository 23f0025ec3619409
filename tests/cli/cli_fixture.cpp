#include "tests/cli/cli_fixture.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace darkroom::test {

namespace fs = std::filesystem;

Environment::~Environment() {
    for (auto const& [name, value] : before_) {
        if (value)
            ::setenv(name.c_str(), value->c_str(), 1);
        else
            ::unsetenv(name.c_str());
    }
}

void Environment::set(std::string const& name, std::string const& value) {
    keep(name);
    ::setenv(name.c_str(), value.c_str(), 1);
}

void Environment::unset(std::string const& name) {
    keep(name);
    ::unsetenv(name.c_str());
}

void Environment::keep(std::string const& name) {
    auto const* value = std::getenv(name.c_str());
    before_.try_emplace(name, value == nullptr ? std::nullopt : std::optional<std::string>(value));
}

CliFixture::CliFixture() {
    auto pattern = (fs::temp_directory_path() / "darkroom-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory = pattern;
    for (auto const* name :
         {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN",
          "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_STEP", "JOB_COMPLETION_INDEX",
          "JOB_COMPLETION_COUNT", "NO_COLOR", "FORCE_COLOR", "DARKROOM_TEST_TOKEN"})
        environment.unset(name);
    environment.set("XDG_CONFIG_HOME", path("config"));
}

CliFixture::~CliFixture() {
    std::error_code failure;
    fs::remove_all(directory, failure);
    BOOST_TEST(!failure, "the test's directory stays: " << failure.message());
}

std::string CliFixture::file(std::string const& name, std::string const& text) const {
    auto const where = path(name);
    std::ofstream(where, std::ios::binary) << text;
    return where;
}

Ended end_of(std::function<void()> const& call) {
    try {
        call();
    } catch (cli::Quit const& quit) {
        return {quit.code, quit.what()};
    }
    return {};
}

} // namespace darkroom::test
