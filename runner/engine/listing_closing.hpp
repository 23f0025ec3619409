// The last questions of a walk through a listing: the top once more. Pure.
#pragma once

#include "runner/engine/ports.hpp"

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace darkroom::engine {

/// A place in a list.
struct ListPlace {
    int at = 0;
    bool has_ended = false; ///< The record says that its task has ended.
};
using ListPlaces = std::unordered_map<std::string, ListPlace>;

/// A list may be sorted by the last change. Then a record that changes while a walk reads goes from
/// below the walk to the top, and no page of the walk shows it. So the top is read once more, down
/// to records that stand next to each other as before: what has moved meanwhile stands above them.
/// All of that must be on one page, or a record could slip through between two of them as well:
/// after several pages the top is read again, for what has moved since the first of those.
class ListClosing {
public:
    /// The relation of a record to the walk.
    enum class Kind {
        read,    ///< The walk has read it.
        newer,   ///< It was made after the walk began.
        neither, ///< It may have been there before, and the walk has missed it.
    };
    using KindOf = std::function<Kind(TaskRecord const&)>;

    bool has_begun() const { return stage_ != Stage::none; }
    bool is_under_way() const { return stage_ == Stage::asked; }
    /// Returns whether nothing can have passed by the walk.
    bool is_good() const { return stage_ == Stage::good; }
    bool has_failed() const { return stage_ == Stage::failed; }
    /// `arrived`: the records that have come to the top, as far as the walk has seen.
    void begin(int arrived);
    void fail() { stage_ = Stage::failed; }
    /// Returns where the next page of up to `limit` records begins.
    int next_offset(int limit) const;
    /// `walk`: where the records stood when it began.
    void add(std::vector<TaskRecord> const& page, int offset, ListPlaces const& walk,
             KindOf const& kind_of);

private:
    enum class Stage { none, asked, good, failed };
    static constexpr int pages_max = 100;

    bool joins(std::vector<TaskRecord> const& page) const;
    bool meets(std::vector<TaskRecord> const& page, int offset, ListPlaces const& before,
               KindOf const& kind_of);
    void note(std::vector<TaskRecord> const& page, int offset);

    Stage stage_ = Stage::none;
    int pages_ = 0;
    int arrived_ = 0;   ///< Since the round before, at least.
    int rounds_ = 0;    ///< Those that have ended.
    int end_ = 0;       ///< The first position that this round has not read.
    int overlap_ = 0;   ///< Records that its next page repeats.
    ListPlaces round_;  ///< Those that this round has read.
    ListPlaces before_; ///< The same of the round before, unless that was the walk.
};

} // namespace darkroom::engine
