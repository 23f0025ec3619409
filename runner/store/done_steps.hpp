// Which steps earlier runs have brought to their end: read once, at the start of a run.
#pragma once

#include "runner/engine/ports.hpp"
#include "runner/store/journal_reader.hpp"
#include "runner/store/run_folder.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::store {

/// 18 bytes a step. What happens after read() is not in it: a step that is done stays so.
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

    std::optional<engine::DoneStep> find(Digest const& step) const override;
    std::size_t size() const { return done_.size(); }

private:
    // So much of a digest that no two steps share it: a step taken for another would be lost.
    using Key = std::array<std::uint8_t, 16>;

    static Key key_of(Digest const& step);
    std::optional<std::size_t> place_of(Digest const& step) const;
    void add(DoneRow const& row);
    void forget(Digest const& step);
    std::uint8_t number_of(std::int64_t offer);

    struct Done {
        Key key;
        std::uint8_t images; ///< Or not_known.
        std::uint8_t offer;  ///< Which of offers_; or not_known.
    };
    /// A million images offer a handful of different things.
    struct Offer {
        std::int64_t number;
        std::vector<std::string> actions;
    };
    std::vector<Done> done_; // by key, ascending
    // Where the keys begin that start with the same two bytes: digests are spread so evenly that
    // few of a million do, and to halve all of them is to wait for memory twenty times.
    std::vector<std::uint32_t> starts_;
    std::vector<Offer> offers_;
};

} // namespace darkroom::store
