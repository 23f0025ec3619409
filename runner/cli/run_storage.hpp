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

/// Refuses a run directory that went back in time. `way_on` is added to what was found. Throws
/// Quit: contradiction, disk.
void check_run_directory(std::string const& directory, std::string_view way_on = "");

/// Does the same before the directory is locked, without reading the lists. Throws Quit.
void check_age_of(std::string const& directory);

/// Owns the locked run directory with its journal, images and manifest. The executor's context
/// outlives it.
class RunStorage {
public:
    /// Says what is taken for paid: what the journal has, or also what the manifest lists.
    enum class Trust { journal, manifest };

    /// Throws Quit: locked, disk, bad_file (the layout), contradiction, no_input (no journal).
    RunStorage(boost::asio::any_io_executor executor, std::string const& directory,
               jobs::JobFile const& file, Trust trust = Trust::journal);
    RunStorage(RunStorage const&) = delete;
    RunStorage& operator=(RunStorage const&) = delete;

    store::RunFolder const& folder() const { return folder_; }
    /// Returns the directory of the saved files, relative as the user typed the run directory.
    std::string pictures() const;
    /// Returns whether the manifest has any line.
    bool has_lines() const;
    store::SqliteJournal& journal() { return *journal_; }
    store::FileImageStore& images() { return *images_; }
    store::ManifestWriter& manifest() { return *manifest_; }
    store::DoneSteps const& done() const { return done_; }
    store::FileSendMarks& marks() { return *marks_; }
    /// Returns what a person should know about the directory, a line each.
    std::vector<std::string> const& notes() const { return notes_; }
    /// Returns what is as the person wished it, a line each.
    std::vector<std::string> const& remarks() const { return remarks_; }

private:
    std::string checked_journal(jobs::JobFile const& file, Trust trust);
    void accept_manifest(jobs::JobFile const& file);
    Result<store::DoneSteps> done_steps(bool texts_have_files) const;
    void begin_marks();

    std::vector<std::string> notes_;
    std::vector<std::string> remarks_;
    store::RunFolder folder_;
    std::string pictures_; ///< Relative to the folder.
    std::unique_ptr<store::SqliteJournal> journal_;
    std::unique_ptr<store::FileImageStore> images_;
    std::unique_ptr<store::ManifestWriter> manifest_;
    store::DoneSteps done_;
    std::unique_ptr<store::FileSendMarks> marks_;
};

} // namespace darkroom::cli
