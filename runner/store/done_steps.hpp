// The steps that earlier runs have finished: read once, at the start of a run.
#pragma once

#include "runner/engine/ports.hpp"
#include "runner/store/digest_table.hpp"
#include "runner/store/journal_reader.hpp"
#include "runner/store/run_folder.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::store {

/// Takes 18 bytes a step. Later events are not in it: a step that is done stays so.
class DoneSteps final : public engine::DoneSteps {
public:
    struct Options {
        bool texts_have_files = false; ///< A text without a file is not done.
        std::int64_t expected = 0;     ///< About how many there are, to reserve memory.
    };
    /// Checks each image of the journal by name and size, in the order in which they were made.
    /// What `darkroom clean` has removed need not be there. Errors: of the journal.
    static Result<DoneSteps> read(JournalReader& journal, RunFolder const& folder, Options options);

    std::optional<engine::DoneStep> find(Digest const& step) const override;
    std::size_t size() const { return done_.size(); }
    /// Returns the size of the largest image that the journal has.
    std::uint64_t largest_image() const { return largest_image_; }
    /// Returns how many images are not there since they were removed.
    std::uint64_t removed() const { return removed_; }

private:
    void add(DoneRow const& row);
    void forget(Digest const& step);
    std::uint8_t action_set_of(std::int64_t mask);

    struct Done {
        std::uint8_t images;     ///< Or not_known.
        std::uint8_t action_set; ///< Index into action_sets_; or not_known.
    };
    /// A million images share a handful of sets.
    struct ActionSet {
        std::int64_t mask;
        std::vector<std::string> actions;
    };
    DigestTable<Done> done_;
    std::vector<ActionSet> action_sets_;
    std::uint64_t largest_image_ = 0;
    std::uint64_t removed_ = 0;
};

} // namespace darkroom::store
