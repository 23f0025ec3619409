// Images on disk: a part file while they arrive, a final name once complete, correct and durable.
#pragma once

#include "runner/engine/ports.hpp"
#include "runner/store/file_name.hpp"
#include "runner/store/folded_names.hpp"
#include "runner/store/group_commit.hpp"
#include "runner/store/journal_removed.hpp"
#include "runner/store/parts.hpp"

#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <map>
#include <memory>

namespace darkroom::store {

class RunFolder;

/// Returns the image that a file is recorded for, if any. SqliteJournal::owner_of.
using FileOwner = std::function<std::optional<ImageKey>(std::string const& file)>;

/// Writes below a run directory that is locked. Must outlive its drafts; its executor's context
/// must outlive it.
class FileImageStore final : public engine::ImageStore {
public:
    FileImageStore(RunFolder const& folder, Layout layout, FileOwner owner,
                   BodyLimits limits = BodyLimits());
    ~FileImageStore() override;

    /// Resumes a stopped download, of an earlier run too, if its answer had an ETag or a date.
    Result<std::unique_ptr<engine::ImageDraft>> open(engine::ImageOrder order) override;
    bool has(engine::SavedImage const& image) override;
    /// Asks for BodyLimits::spare and the largest picture so far for each generation.
    Result<> check_room(int generations) override;
    /// Notes the size of a picture of an earlier run.
    void note_size(std::uint64_t bytes) { largest_ = std::max(largest_, bytes); }
    /// Takes note of what `darkroom clean` has removed: has() is true for it.
    void note_removed(RemovedImages removed) { removed_ = std::move(removed); }
    engine::awaitable<Result<std::vector<std::string>>> quarters(engine::SavedImage grid) override;

private:
    friend class FileDraft;
    enum class Name { granted, own, taken }; ///< `own`: recorded for this image earlier.
    /// Claims a name; a granted name is not granted to others, nor one that differs only in case.
    Name claim(std::string const& file, ImageKey const& key);
    bool is_removed(engine::SavedImage const& image) const;
    bool is_like_another(std::string const& file);
    void give_back(std::string const& file);
    void forget_recorded_claims();

    std::string directory_;
    BodyLimits limits_;
    std::uint64_t largest_ = 0; // of the pictures seen
    Layout layout_;
    FileOwner owner_;
    RemovedImages removed_;
    FoldedNames names_;
    std::map<std::string, ImageKey> claims_; // names given: all unrecorded ones, and some more
    std::size_t claims_max_ = 0;             // at this size the recorded ones are dropped
    boost::asio::thread_pool pool_;
    Parts parts_;
    GroupCommit commits_;
};

/// Converts an error of this room to a Problem with verdict `disk`, `download` or, for too few open
/// files, `rate`.
engine::Problem problem_of(Error const& error);

} // namespace darkroom::store
