// The files of one run, opened in the right order.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/store/done_steps.hpp"
#include "runner/store/image_file.hpp"
#include "runner/store/journal.hpp"
#include "runner/store/manifest_writer.hpp"
#include "runner/store/run_folder.hpp"
#include "runner/store/send_marks.hpp"

#include <memory>
#include <string>
#include <vector>

namespace darkroom::cli {

/// Owns the locked run directory with its journal, images and manifest. The executor's context
/// outlives it.
class RunStorage {
public:
    /// Throws Quit: locked, disk, bad_file (the layout).
    RunStorage(boost::asio::any_io_executor executor, std::string const& directory,
               jobs::Output const& output);
    RunStorage(RunStorage const&) = delete;
    RunStorage& operator=(RunStorage const&) = delete;

    store::RunFolder const& folder() const { return folder_; }
    /// Returns the directory of the saved files, relative as the user typed the run directory.
    std::string pictures() const;
    store::SqliteJournal& journal() { return *journal_; }
    store::FileImageStore& images() { return *images_; }
    store::ManifestWriter& manifest() { return *manifest_; }
    store::DoneSteps const& done() const { return done_; }
    store::FileSendMarks& marks() { return *marks_; }
    /// Returns what a person should know about the directory; complete sentences.
    std::vector<std::string> const& warnings() const { return warnings_; }

private:
    Result<store::DoneSteps> done_steps(bool texts_have_files) const;
    void begin_marks();

    store::RunFolder folder_;
    std::string pictures_; ///< Relative to the folder.
    std::unique_ptr<store::SqliteJournal> journal_;
    std::unique_ptr<store::FileImageStore> images_;
    std::unique_ptr<store::ManifestWriter> manifest_;
    store::DoneSteps done_;
    std::unique_ptr<store::FileSendMarks> marks_;
    std::vector<std::string> warnings_;
};

} // namespace darkroom::cli
