#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <sys/resource.h>

namespace darkroom::test {

namespace fs = std::filesystem;
using namespace engine;

namespace {

/// Returns a directory in memory if possible: these tests sync thousands of files.
fs::path temporary_root() {
    if (std::getenv("TMPDIR") == nullptr && fs::is_directory("/dev/shm")) return "/dev/shm";
    return fs::temp_directory_path();
}

} // namespace

TempDirectory::TempDirectory() {
    auto pattern = (temporary_root() / "darkroom-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = pattern;
}

TempDirectory::~TempDirectory() {
    std::error_code failure;
    fs::remove_all(path_, failure);
    BOOST_TEST(!failure, "the test's directory stays: " << failure.message());
}

FileSizeLimit::FileSizeLimit(std::uint64_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN); // write() then fails with EFBIG
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    before_ = limit.rlim_cur;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
}

FileSizeLimit::~FileSizeLimit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = before_;
    ::setrlimit(RLIMIT_FSIZE, &limit);
}

OpenFilesLimit::OpenFilesLimit(std::uint64_t more) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    before_ = limit.rlim_cur;
    int const lowest_free = ::dup(STDERR_FILENO);
    ::close(lowest_free);
    limit.rlim_cur = static_cast<rlim_t>(lowest_free) + more;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

OpenFilesLimit::~OpenFilesLimit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = before_;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::string content_of(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void put_content(std::string const& path, std::string const& bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << bytes;
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

Digest step_number(int number) { return sha256(std::to_string(number)); }

StepInfo info_number(int number) {
    StepInfo info;
    info.job = "cars";
    info.item = static_cast<std::uint64_t>(number);
    info.prompt = "a car, number " + std::to_string(number);
    info.action = "generate";
    info.mode = "fast";
    info.variables = {{"car", "Ferrari"}};
    info.request = R"({"prompt":"a car"})";
    return info;
}

Event event_of(int step, Fact fact) {
    auto const start = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);
    return {step_number(step), WallTime(start) + std::chrono::milliseconds(125), std::move(fact)};
}

Event submitted(int step, jobs::Micros price) {
    return event_of(step, Submitted{info_number(step), "main", price});
}

Event accepted(int step, std::string task_id) {
    return event_of(step, Accepted{std::move(task_id)});
}

Event finished(int step, jobs::Micros cost) {
    Answer answer;
    answer.task_id = "task-" + std::to_string(step);
    answer.image_id = "130000000000000" + std::to_string(step);
    answer.url = "https://cdn.example.org/" + std::to_string(step) + ".png";
    answer.actions = {"upscale1", "upscale2"};
    return event_of(step, Finished{std::move(answer), cost});
}

Event failed(int step, Verdict verdict, bool is_final) {
    Problem problem;
    problem.verdict = verdict;
    problem.code = "some_code";
    problem.message = "what was wrong";
    problem.trace_id = "trace";
    return event_of(step, Failed{std::move(problem), is_final, std::nullopt});
}

Event saved(int step, std::string file, int tile) {
    SavedImage image;
    image.tile = tile;
    image.file = std::move(file);
    image.url = "https://cdn.example.org/" + std::to_string(step) + ".png";
    image.sha256 = to_hex(sha256(image.file));
    image.format = "png";
    image.bytes = 1234;
    image.width = 640;
    image.height = 480;
    return event_of(step, ImageSaved{std::move(image)});
}

} // namespace darkroom::test
