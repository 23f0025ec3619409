#include "runner/studio/tasks/archive.hpp"

#include "runner/base/text.hpp"
#include "runner/base/whole_file.hpp"
#include "runner/studio/tasks/own_file.hpp"
#include "runner/studio/tasks/task_json.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace darkroom::studio {

namespace {

Error bad_archive(std::string const& path, std::string const& why) {
    return {Errc::bad_archive, path + ": " + why};
}

/// Fits a body of 16 MiB with its quotation marks escaped.
constexpr json::ReadLimits line_limits{64u << 20};

/// Each fact is written with its task's id first.
constexpr std::string_view first_bytes = R"({"id":")";

std::string reason(int number) { return std::generic_category().message(number); }

Result<> write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        auto const written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return Error(Errc::bad_archive, "writing: " + reason(errno));
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

/// Rebuilds tasks from facts.
class TaskRebuilder {
public:
    explicit TaskRebuilder(std::vector<ArchivedTask>& into) : into_(into) {}

    Result<> take(json::Value const& fact) {
        auto const kind = fact.text("fact").value_or("");
        auto const id = fact.text("id").value_or("");
        bool const is_ours =
            kind == "accepted" || kind == "ended" || kind == "answered" || kind == "called";
        if (!is_ours || id.empty())
            return Error(Errc::bad_archive, "it is no fact of this service");
        if (kind == "accepted") {
            auto task = task_of_json(fact);
            if (!task) return task.error();
            positions_[id] = into_.size();
            into_.push_back({std::move(*task), false});
            return {};
        }
        auto const found = positions_.find(id);
        if (found == positions_.end()) return {}; // of a task that was forgotten
        auto& [task, answered] = into_[found->second];
        if (kind == "answered") answered = true;
        if (kind == "called") task->called = true;
        return kind == "ended" ? apply_end(fact, *task) : Result<>();
    }

private:
    std::vector<ArchivedTask>& into_;
    std::unordered_map<std::string, std::size_t> positions_;
};

std::string line_of(std::string_view fact, json::Value value) {
    value.set("fact", fact);
    return json::write(value) + "\n";
}

json::Value id_only(Task const& task) {
    json::Value value;
    value.set("id", task.id);
    return value;
}

} // namespace

Archive::Archive(std::string directory, int descriptor)
    : directory_(std::move(directory)), descriptor_(descriptor) {}

Archive::~Archive() { ::close(descriptor_); }

Result<std::unique_ptr<Archive>> Archive::open(std::string directory,
                                               std::vector<ArchivedTask>& into) {
    std::error_code failure;
    std::filesystem::create_directories(directory + "/inputs", failure);
    if (failure) return bad_archive(directory, failure.message());
    auto const path = directory + "/tasks.jsonl";
    auto const opened = open_own_file(path, O_RDWR | O_CREAT | O_APPEND);
    if (opened.has_error()) return Error(Errc::bad_archive, opened.error().message());
    int const descriptor = *opened;
    std::unique_ptr<Archive> archive(new Archive(std::move(directory), descriptor));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        return bad_archive(path,
                           errno == EWOULDBLOCK ? "another service works with it" : reason(errno));
    TRY(archive->read(into));
    return archive;
}

Result<> Archive::read(std::vector<ArchivedTask>& into) {
    std::ifstream file(path(), std::ios::binary);
    TaskRebuilder rebuilder(into);
    std::string line;
    off_t sound = 0; // everything before it is whole lines
    for (std::size_t number = 1;; ++number) {
        auto const end = read_line(file, line, line_limits.bytes);
        // No newline: the process ended while it wrote, if the file is one of ours.
        if (end != LineEnd::found && number == 1 &&
            !first_bytes.starts_with(line.substr(0, first_bytes.size())))
            return bad_archive(path(),
                               "it is no file of this service; move it away to start again");
        if (end == LineEnd::end_of_file) break;
        if (end == LineEnd::too_long)
            return bad_archive(path(), fmt::format("line {} has more than {}", number,
                                                   format_bytes(line_limits.bytes)));
        auto const fact = json::read(line, line_limits);
        if (!fact) return bad_archive(path(), fmt::format("line {} is not JSON", number));
        auto const taken = rebuilder.take(*fact);
        if (!taken)
            return bad_archive(path(), fmt::format("line {}: {}; move the file away to start again",
                                                   number, taken.error().message()));
        sound += static_cast<off_t>(line.size()) + 1;
    }
    if (::ftruncate(descriptor_, sound) != 0) return bad_archive(path(), reason(errno));
    return {};
}

Result<> Archive::add(std::string_view fact, json::Value value) const {
    // A line that was cut short by a full disk must not swallow the next one.
    auto const before = ::lseek(descriptor_, 0, SEEK_END);
    auto const written = write_all(descriptor_, line_of(fact, std::move(value)));
    if (!written && before >= 0 && ::ftruncate(descriptor_, before) != 0)
        return bad_archive(path(), "cannot be mended: " + reason(errno));
    return written;
}

Result<> Archive::sync() const {
    if (::fdatasync(descriptor_) != 0) return bad_archive(path(), reason(errno));
    return {};
}

Result<> Archive::accepted(Task const& task) {
    auto const written = add("accepted", to_json(task));
    return written ? sync() : written;
}

void Archive::ended(Task const& task) {
    auto const written = add("ended", end_to_json(task));
    if (!written) return; // see the header
    auto const synced = sync();
    (void)synced; // see the header
}

void Archive::answered(Task const& task) {
    auto const written = add("answered", id_only(task));
    (void)written; // see the header
}

void Archive::called(Task const& task) {
    auto const written = add("called", id_only(task));
    (void)written; // see the header
}

Result<> Archive::shrink_to(std::vector<ArchivedTask> const& kept) {
    auto const part = path() + ".part";
    auto const opened = open_own_file(part, O_RDWR | O_CREAT | O_TRUNC | O_APPEND);
    if (opened.has_error()) return Error(Errc::bad_archive, opened.error().message());
    int const descriptor = *opened;
    Archive fresh(directory_, descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) return bad_archive(part, reason(errno));
    for (auto const& [task, answered] : kept) {
        auto written = fresh.add("accepted", to_json(*task));
        if (written && task->ended()) written = fresh.add("ended", end_to_json(*task));
        if (!written) return written;
        if (answered) fresh.answered(*task);
        if (task->called) fresh.called(*task);
    }
    TRY(fresh.sync());
    if (::rename(part.c_str(), path().c_str()) != 0) return bad_archive(part, reason(errno));
    std::swap(descriptor_, fresh.descriptor_);
    return {};
}

} // namespace darkroom::studio
