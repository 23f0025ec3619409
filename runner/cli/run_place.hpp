// Everything of one run that is on disk, opened in the right order.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/store/done_steps.hpp"
#include "runner/store/image_file.hpp"
#include "runner/store/journal.hpp"
#include "runner/store/manifest_writer.hpp"
#include "runner/store/run_folder.hpp"

#include <memory>
#include <string>

namespace darkroom::cli {

/// The locked run directory with its journal, images and manifest. The executor's context outlives
/// it.
class RunPlace {
public:
    /// Throws Quit: locked, disk, bad_file (the layout).
    RunPlace(boost::asio::any_io_executor executor, std::string const& directory,
             jobs::Output const& output);
    RunPlace(RunPlace const&) = delete;
    RunPlace& operator=(RunPlace const&) = delete;

    store::RunFolder const& folder() const { return folder_; }
    /// The directory with everything that was saved, as the user typed the run directory.
    std::string pictures() const;
    store::SqliteJournal& journal() { return *journal_; }
    store::FileImageStore& images() { return *images_; }
    store::ManifestWriter& manifest() { return *manifest_; }
    store::DoneSteps const& done() const { return done_; }

private:
    Result<store::DoneSteps> done_steps(bool texts_have_files) const;

    store::RunFolder folder_;
    std::string pictures_; ///< Within the folder.
    std::unique_ptr<store::SqliteJournal> journal_;
    std::unique_ptr<store::FileImageStore> images_;
    std::unique_ptr<store::ManifestWriter> manifest_;
    store::DoneSteps done_;
};

} // namespace darkroom::cli
