// Tasks that outlive the process: a file of facts, one JSON object a line.
#pragma once

#include "runner/studio/tasks/task.hpp"

#include <memory>
#include <string>
#include <vector>

namespace darkroom::studio {

/// A task read from the file.
struct ArchivedTask {
    TaskPtr task;
    bool answered = false; ///< Its client has received the outcome.
};

/// The file `tasks.jsonl` of a folder, open for adding. `accepted` and `ended` are on the disk when
/// their function returns; a power cut may lose the last of the others, which only means that a
/// client is called back once more.
class Archive {
public:
    /// Opens or makes `directory`, for this process alone, and reads what is there, oldest first. A
    /// last line that was not wholly written is taken off; a file with anything else than facts is
    /// left as it is.
    /// Errors: Errc::bad_archive with file, line and reason; also when another process has it.
    static Result<std::unique_ptr<Archive>> open(std::string directory,
                                                 std::vector<ArchivedTask>& into);
    ~Archive();
    Archive(Archive const&) = delete;
    Archive& operator=(Archive const&) = delete;

    std::string const& directory() const { return directory_; }

    /// Errors: Errc::bad_archive; the task should not be accepted then.
    Result<> accepted(Task const& task);
    // When one of these cannot be written, the next process works on the task once more.
    void ended(Task const& task);
    void answered(Task const& task);
    void called(Task const& task);

    /// Rewrites the file with these tasks only, when most of its tasks are forgotten.
    Result<> shrink_to(std::vector<ArchivedTask> const& kept);

private:
    Archive(std::string directory, int descriptor);
    Result<> read(std::vector<ArchivedTask>& into);
    Result<> add(std::string_view fact, json::Value value) const;
    Result<> sync() const;
    std::string path() const { return directory_ + "/tasks.jsonl"; }

    std::string directory_;
    int descriptor_;
};

} // namespace darkroom::studio
