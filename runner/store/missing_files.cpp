#include "runner/store/missing_files.hpp"

#include "runner/store/directory.hpp"
#include "runner/store/journal_removed.hpp"
#include "runner/store/part_note.hpp"

#include <set>

namespace darkroom::store {

namespace {

bool is_in_place(std::string const& directory, std::string_view file, std::int64_t bytes) {
    if (file.empty()) return true; // a text that is in the journal alone
    auto const size = file_size(directory + '/' + std::string(file));
    return size.has_value() && (bytes < 0 || *size == static_cast<std::uint64_t>(bytes));
}

/// Returns the steps that have something in parts/; at most `most`.
Result<std::set<Digest>> steps_with_parts(std::string const& directory, std::int64_t most) {
    std::set<Digest> steps;
    TRY_ASSIGN(auto const top, Directory::open(directory));
    auto const parts = top.below("parts", Directory::Missing::is_error);
    if (parts.has_error()) return steps; // most directories have none
    TRY(parts->for_each_name([&](std::string_view name) {
        auto const step = step_of_part(name);
        if (step && static_cast<std::int64_t>(steps.size()) < most) steps.insert(*step);
    }));
    return steps;
}

} // namespace

Result<std::map<Digest, std::uint64_t>>
missing_files(JournalReader& journal, std::string const& directory, std::int64_t looked_at_max) {
    std::map<Digest, std::uint64_t> missing;
    TRY_ASSIGN(auto const removed, journal.removed_images());
    TRY_ASSIGN(auto const counts, journal.counts());
    if (counts.of(engine::Phase::finished) <= looked_at_max) {
        TRY(journal.for_each_image_file([&](ImageFile const& image) {
            bool const is_there = is_in_place(directory, image.file, image.bytes);
            if (!is_there && !removed.has({image.step, image.tile})) ++missing[image.step];
        }));
        return missing;
    }
    TRY_ASSIGN(auto const steps, steps_with_parts(directory, looked_at_max));
    for (auto const& step : steps) {
        TRY_ASSIGN(auto const record, journal.find(step));
        for (auto const& image : record.state.saved) {
            auto const bytes = static_cast<std::int64_t>(image.bytes);
            bool const is_there = is_in_place(directory, image.file, bytes);
            if (!is_there && !removed.has({step, image.tile})) ++missing[step];
        }
    }
    return missing;
}

} // namespace darkroom::store
