// Which steps earlier runs have brought to their end: read once, at the start of a run.
#pragma once

#include "runner/engine/ports.hpp"
#include "runner/store/journal_reader.hpp"
#include "runner/store/run_folder.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace darkroom::store {

/// 17 bytes a step. What happens after read() is not in it: a step that is done stays so.
class DoneSteps final : public engine::DoneSteps {
public:
    DoneSteps(); ///< None.

    struct Options {
        bool texts_have_files = false; ///< A text without one is not done.
        std::int64_t expected = 0;     ///< So many, more or less: room is made for them.
    };
    /// Looks for each image of the journal by name and size, in the order in which they were made.
    /// Errors: of the journal.
    static Result<DoneSteps> read(JournalReader& journal, RunFolder const& folder, Options options);

    std::optional<int> images_of(Digest const& step) const override;
    std::size_t size() const { return done_.size(); }

private:
    // So much of a digest that no two steps share it: a step taken for another would be lost.
    using Key = std::array<std::uint8_t, 16>;

    static Key key_of(Digest const& step);
    std::optional<std::size_t> place_of(Digest const& step) const;
    void add(Digest const& step, int images);
    void forget(Digest const& step);

    struct Done {
        Key key;
        std::uint8_t images; ///< Or not_known.
    };
    std::vector<Done> done_; // by key, ascending
    // Where the keys begin that start with the same two bytes: digests are spread so evenly that
    // few of a million do, and to halve all of them is to wait for memory twenty times.
    std::vector<std::uint32_t> starts_;
};

} // namespace darkroom::store
