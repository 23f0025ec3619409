#include "tests/postgres/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace darkroom::postgres::test {

namespace fs = std::filesystem;

namespace {

/// Debian keeps the server's programs out of PATH, a folder for each version.
std::string program(std::string const& name) {
    std::vector<fs::path> found;
    for (auto const* folder : {"/usr/lib/postgresql", "/usr/local/pgsql"}) {
        if (!fs::exists(folder)) continue;
        for (auto const& version : fs::directory_iterator(folder))
            if (fs::exists(version.path() / "bin" / name))
                found.push_back(version.path() / "bin" / name);
    }
    if (found.empty()) throw std::runtime_error(name + " is missing: install postgresql");
    return *std::max_element(found.begin(), found.end());
}

/// Returns the words that come before a program of the server.
std::vector<std::string> as_its_user() {
    std::vector<std::string> words = {"setpriv", "--pdeathsig", "QUIT"};
    if (::geteuid() == 0)
        for (auto const* word : {"--reuid=postgres", "--regid=postgres", "--clear-groups"})
            words.emplace_back(word);
    return words;
}

/// Starts a program whose output goes to a file.
pid_t start_program(std::vector<std::string> words, fs::path const& log) {
    std::fflush(nullptr);
    pid_t const child = ::fork();
    if (child != 0) return child;
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    bool const has_log = std::freopen(log.c_str(), "a", stdout) != nullptr &&
                         ::dup2(STDOUT_FILENO, STDERR_FILENO) >= 0;
    if (has_log) ::execvp(arguments[0], arguments.data());
    ::_exit(127);
}

int wait_for(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

} // namespace

Cluster::Cluster()
    : folder_(fs::temp_directory_path() / fmt::format("darkroom-postgres-{}", ::getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    if (::geteuid() == 0) {
        auto const owner = fmt::format("chown postgres {}", folder_.string());
        if (std::system(owner.c_str()) != 0) throw std::runtime_error("there is no user postgres");
    }
    auto words = as_its_user();
    for (auto const& word :
         {program("initdb"), std::string("--pgdata"), (folder_ / "data").string(),
          std::string("--username=darkroom"), std::string("--auth=trust"), std::string("--no-sync"),
          std::string("--encoding=UTF8"), std::string("--locale=C")})
        words.push_back(word);
    if (wait_for(start_program(std::move(words), folder_ / "initdb.log")) != 0)
        throw std::runtime_error("initdb has failed: see its log in " + folder_.string());
    start();
}

Cluster::~Cluster() {
    crash();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

std::string Cluster::url() const {
    return fmt::format("postgresql://darkroom@/postgres?host={}", folder_.string());
}

/// A test crashes no machine: nothing has to be on the disk.
void Cluster::start() {
    auto words = as_its_user();
    for (auto const& word : {program("postgres"), std::string("-D"), (folder_ / "data").string(),
                             std::string("-c"), std::string("listen_addresses="), std::string("-c"),
                             "unix_socket_directories=" + folder_.string(), std::string("-c"),
                             std::string("fsync=off")})
        words.push_back(word);
    server_ = start_program(std::move(words), folder_ / "server.log");
}

void Cluster::crash() {
    if (server_ == 0) return;
    ::kill(server_, SIGQUIT);
    wait_for(server_);
    server_ = 0;
}

Cluster& shared_cluster() {
    static Cluster cluster;
    return cluster;
}

} // namespace darkroom::postgres::test
